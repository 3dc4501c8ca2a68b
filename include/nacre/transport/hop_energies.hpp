/// Energies of a carrier on its sites and on the saddles between them: one ion missing (vacancy) or one more
/// (interstitial) in a supercell of fixed shape, everything relaxed (definitions.md 7).
///
/// Only differences within one cell mean anything: a charged cell has a uniform background.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/potential/elastic_band.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/transport/hops.hpp"

namespace nacre {

/// `midpoint`: the saddle is the lowest point of the plane between two sites that an operation exchanges; the moving ion
/// is held in it, the plane measured from the mean position of all other ions. `automatic`: that where it can be, else
/// the band.
enum class HopMethod { automatic, midpoint, neb };
NACRE_API std::string_view to_string(HopMethod method);
/// @throws InputError with a suggestion for an unknown word
NACRE_API HopMethod hop_method_from(std::string_view word);

struct HopSettings {
  Eigen::Vector3i supercell = Eigen::Vector3i::Ones();
  HopMethod method = HopMethod::automatic;
  double fmax = 1e-3;     ///< of end points and midpoints [eV/Å]
  int max_steps = 1000;   ///< of their relaxations
  double rattle = 0.02;   ///< of every start, standard deviation of each coordinate [Å]
  std::uint64_t seed = 0; ///< keys the rattle
  BandOptions band;
  std::function<bool()> cancelled;
};

struct HopEnergy {
  double from = 0.0, to = 0.0, saddle = 0.0;  ///< [eV], of the cell
  HopMethod method = HopMethod::neb;          ///< that gave it
  Status status = Status::failed;
  std::string reason;  ///< a code first
  double work = 0.0;   ///< edges, end points included
  double error = 0.0;  ///< what the minimisers left [eV], without what the model itself is off
  double forward() const { return saddle - from; }
  double backward() const { return saddle - to; }
};

struct SiteState {
  double energy = 0.0;   ///< [eV], of the cell
  Crystal relaxed;
  Status status = Status::failed;
  std::string reason;
  double work = 0.0, error = 0.0;
  double displacement = 0.0;  ///< largest of an ion of the mobile species from its site [Å]
};

/// A hop as it was found: relaxed ends and saddle, atoms of all three in one order.
struct HopImages {
  Crystal initial, saddle, final_image;
};

/// Computes each orbit once. The crystal is perfect and relaxed; sites and hops are those of `network`.
class NACRE_API HopEnergies {
 public:
  /// @throws InputError for a cell with vacuum (a background would fill it, and a surface is no bulk)
  HopEnergies(Crystal const& crystal, HopNetwork const& network, int species, Potential const& potential,
              HopSettings settings);
  ~HopEnergies();
  HopEnergies(HopEnergies const&) = delete;
  HopEnergies& operator=(HopEnergies const&) = delete;

  /// The carrier on the first site of an orbit.
  SiteState const& site(int orbit);
  /// The orbit's first hop.
  HopEnergy const& hop(int orbit);
  bool knows_hop(int orbit) const;
  HopEnergy const* known(int orbit) const;  ///< null unless it was computed
  /// Images of the orbit's first hop if a band gave it.
  Band const* band(int orbit) const;
  /// Null unless the hop was computed and has a saddle.
  HopImages const* images(int orbit) const;
  double charge() const;   ///< of the cell with its carrier, formal [e]; 0 without formal charges
  int atoms() const;       ///< of the cell with its carrier
  Eigen::Matrix3d cell() const;  ///< [Å]
  double work() const;     ///< so far

 private:
  class Defect;
  HopEnergy midpoint(int orbit, Hop const& hop, SiteState const& from);
  HopEnergy elastic_band(int orbit, Hop const& hop, SiteState const& from);
  HopEnergy compute(int orbit);

  HopNetwork network_;
  Potential const& potential_;
  HopSettings settings_;
  std::unique_ptr<Defect> defect_;
  std::map<int, SiteState> sites_;
  std::map<int, HopEnergy> hops_;
  std::map<int, Band> bands_;
  std::map<int, HopImages> images_;
};

/// Widest stretch along a normal of the cell's faces in which no atom lies [Å].
NACRE_API double widest_gap(Crystal const& crystal);
/// @throws InputError for a cell with vacuum or without three periodic directions (definitions.md 7)
NACRE_API void require_no_vacuum(Crystal const& crystal);

}  // namespace nacre
