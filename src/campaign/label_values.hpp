/// What labels say together: energies of contacts, barriers of hops. Internal to campaign.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/store.hpp"

namespace nacre::detail {

/// Of a label what values are made of; its event in the journal holds all of this, so that a replay needs nothing else.
struct LabelFact {
  std::string calculation, design, kind, code, level, comparable;
  double energy_eV = 0.0;
  double area_A2 = 0.0;                                 ///< 0: without a structure
  std::map<int, int> atoms;                             ///< number of each element
  std::map<std::string, std::string> pseudopotentials;  ///< element -> SHA-256
  bool changes_physics = false, reduced = false;
};
LabelFact fact_of(StoredLabel const& label);
/// @throws InputError for what is missing
LabelFact fact_of_event(std::string const& payload);
std::string event_of(LabelFact const& fact);

/// Kinds and names of what a candidate is calculated as (docs/dft_queue.md).
bool is_proxy(std::string const& kind);
bool is_candidate(std::string const& kind);       ///< scf, relax or static; of a proxy, too
std::string base_kind(std::string const& kind);   ///< without "proxy_"
std::string layer_kind(std::string const& kind);  ///< of the layers that belong to a candidate's calculation
std::string layer_name(std::string const& design, int layer);
std::string candidate_of(std::string const& design);  ///< 32 hex digits; "bulk:NAME" as it is
bool is_hop(std::string const& kind);                 ///< ends, saddle or band

struct LabelValue {
  double value = 0.0;  ///< [J/m^2]; NaN without one
  std::string reason;  ///< why there is none
};

struct HopValue {
  std::string design;                    ///< "DESIGN:hop:N"
  double forward = 0.0, backward = 0.0;  ///< [eV]; NaN without all three
  double band = 0.0;                     ///< [eV], of the elastic band; NaN without one
  bool reduced = false;
  std::string reason;  ///< why there is no barrier
};

/// Labels whose energies may be compared: one level, code, settings, and one pseudopotential for each element.
class LabelSet {
 public:
  LabelSet(bool slab, LabelFact const& first);
  bool takes(LabelFact const& fact) const;
  void add(LabelFact const& fact);
  std::string const& name() const { return name_; }
  std::size_t members() const;  ///< candidates, proxies left out
  /// By design; a static calculation speaks for its relaxation.
  std::vector<LabelFact const*> candidates(bool proxies) const;
  /// Slabs: E_1 + E_2 - E_stack per area: frozen layers give the work of separation, relaxed ones that of adhesion.
  /// Superlattices: (E - sum n_i E_i)/A against the unstrained bulks, both contacts and the strain included.
  LabelValue value(LabelFact const& fact) const;
  std::vector<HopValue> hops() const;

 private:
  LabelFact const* find(std::string const& kind, std::string const& design) const;
  LabelValue binding(LabelFact const& fact) const;
  LabelValue excess(LabelFact const& fact) const;
  bool is_own(int number, LabelFact const& of) const;

  bool slab_;
  std::string name_;
  std::map<std::string, std::string> pseudopotentials_;
  std::map<std::pair<std::string, std::string>, LabelFact> labels_;  ///< by kind and design
};

/// The sets of a level, that with the most candidates first, then by name; labels with changed physics are in none.
/// @param code empty: any
std::vector<LabelSet> label_sets(bool slab, std::span<LabelFact const> facts, std::string const& level,
                                 std::string const& code);

}  // namespace nacre::detail
