/// What the objectives of hops share: one carrier in the layers of a design, or in its stack (definitions.md 6, 7).
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/objective.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {

/// What is computed, each with all before it. layers: hops in each strained layer alone, remembered by strain; contact:
/// the ways along and across the contacts of the design without vacuum; checks: the same with one more repeat of each
/// layer, and site energies in a wider cell.
enum class HopPrice { layers = 1, contact = 2, checks = 3 };

struct NACRE_API HopTier {
  Status status = Status::failed;
  std::string reason;
  std::vector<LayerHops> layers;           ///< bottom, top: strained, in cells of their own
  std::array<double, 2> unstrained{};      ///< the lower in-plane barrier of each without strain; NaN: none [eV]
  double strain = 0.0;                     ///< largest principal one of a layer that carries
  bool coherent = false;                   ///< the strain is that of the real contact, and no error (definitions.md 2)
  std::optional<ContactHops> contact;
  std::optional<ContactHops> thicker;      ///< with one more repeat of each layer
  std::optional<LateralCheck> lateral;
  std::string thicker_failure;             ///< why there is no thicker stack to compare with
  Crystal stack;                           ///< relaxed
  std::optional<double> mismatch;  ///< bond-valence mismatch of its contact, if the table has its pairs [valence units]
  std::array<double, 3> work{};            ///< of each price alone
  double model_share = 0.0;                ///< error of a barrier or trap depth by the model, as a share of it
  std::string model;                       ///< identity, with the background of charged cells

  /// One text; empty below the price of contacts.
  std::string words() const;
  /// Why the barriers, or dS and dR, are not those of thick layers: they change by more than two standard errors with one
  /// more repeat of each (definitions.md 6). Empty: they do not, or it was not asked.
  std::string thickness_failure() const;
  std::string conduction_failure() const;
  /// Change of the easier in-plane barrier of the layers by their strain [eV].
  double strain_change() const;
};

/// Objectives of one candidate that ask one after the other get what the first one had computed; each counts its work.
NACRE_API HopTier const& hop_tier(Context& context, HopPrice price);

/// Of x and y the direction with the lower barrier; none if neither has one that is computed.
NACRE_API std::optional<int> easier_way(ContactHops const& contact);

/// What an objective of hops says of a design: its estimate with all work up to a price (of the checks: theirs alone),
/// details and words; where the tier has no value, why. @param value from a tier that came out; work and model are set
NACRE_API JobResult hop_answer(Context& context, HopPrice price, std::function<Estimate(HopTier const&)> const& value);
/// One job for the layers and the contact.
NACRE_API std::vector<Job> hop_jobs(Candidate const& candidate);

/// The lower barrier along x and y; NaN: none [eV]
NACRE_API double easier_in_plane(LayerHops const& layer);

/// What a design's hops say besides the objective that asked: names with units.
NACRE_API std::map<std::string, Estimate> hop_details(HopTier const& tier);

/// Work of one price, from the descriptors of a design, before anything was computed [edges].
NACRE_API double expected_hop_work(Candidate const& candidate, HopPrice price);

/// The ion that carries the current of a stack: lithium, sodium, else oxygen, that any layer has. 0: none of these
NACRE_API int mobile_species(Candidate const& candidate);

}  // namespace nacre
