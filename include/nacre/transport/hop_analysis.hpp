/// Which hops limit a carrier's way through a crystal or a stack, and by how much (definitions.md 7).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/hop_energies.hpp"
#include "nacre/transport/site_graph.hpp"

namespace nacre {

struct HopAnalysisOptions {
  std::array<bool, 3> directions{true, true, true};  ///< x, y, z wanted
  /// A hop that is not computed has its saddle this far above its higher end, per orbit; empty: 0, so that estimates are
  /// too low and every hop that matters gets computed [eV].
  std::vector<double> activation;
  /// Per direction sets of sites (by site) that a walk must keep to, the lowest barrier counts; empty: all sites.
  std::array<std::vector<std::vector<bool>>, 3> regions;
  bool all = true;         ///< compute every orbit if there are no more than `most_computed`
  int most_computed = 12;  ///< orbits of hops; a network with more of them gets those on critical walks only
};

struct DirectionResult {
  std::optional<CriticalWalk> walk;  ///< on what is known of the network, computed or estimated
  Status status = Status::refused;   ///< ok: every hop of the walk is computed
  std::string reason;
  double error = 0.0;                ///< what minimisers left of the barrier [eV]
};

struct NACRE_API HopAnalysis {
  SiteGraph graph;                  ///< energies from the lowest site [eV]; what failed is infinite
  std::vector<bool> computed;       ///< per hop of the network
  std::array<DirectionResult, 3> direction;
  int hops_computed = 0;            ///< orbits
  double work = 0.0;

  /// The direction asked for, else of those with a barrier the one with the lowest.
  std::optional<int> easiest() const;
};

/// The hop that limits a way, with its atoms; nothing if there is no such way or its hop has no saddle.
struct CriticalHop {
  HopEnergy energy;
  HopImages images;
};
/// @param directions those of which the easiest way counts
NACRE_API std::optional<CriticalHop> critical_hop(HopNetwork const& network, HopEnergies const& energies,
                                                  HopAnalysis const& analysis, std::array<bool, 3> directions);

NACRE_API HopAnalysis analyze_hops(HopNetwork const& network, HopEnergies& energies, Eigen::Matrix3d const& lattice,
                                   HopAnalysisOptions const& options = {});

}  // namespace nacre
