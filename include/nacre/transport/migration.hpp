/// How an ion gets through a crystal in the bond-valence picture: barriers, the walks behind them, and their limits.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/percolation.hpp"
#include "nacre/transport/saddle.hpp"

namespace nacre {

/// What barriers are counted from. `minimum`: the lowest energy of the whole cell. `sites`: the highest of the occupied
/// sites that the walk visits (definitions.md 7).
enum class BarrierReference { minimum, sites };

struct MigrationOptions {
  GridOptions grid;
  int connectivity = 26;
  BarrierReference reference = BarrierReference::minimum;
  std::optional<Eigen::Vector3i> plane, direction;  ///< (h k l) and [u v w] of further targets
  /// Walks stay within this distance of the straight lines between neighbouring sites of the mobile element, else they
  /// lead through the gap between layers (definitions.md 7 gives 1.0); infinity: anywhere [Å]
  double max_site_distance = std::numeric_limits<double>::infinity();
  bool walks = true;   ///< find the walks
  bool refine = true;  ///< and the saddles on them, off the grid
};

struct NACRE_API MigrationBarrier {
  PercolationTarget target;
  std::optional<Threshold> threshold;  ///< nullopt: no way through
  double reference = 0.0;              ///< what `barrier` is counted from [eV]
  std::optional<double> barrier;       ///< on the grid [eV]
  std::vector<GridWalk> walks;
  std::optional<StationaryPoint> saddle;  ///< the highest on the walks
  std::optional<double> refined;          ///< saddle less the refined reference [eV]
  double site_distance = 0.0;  ///< of the point of the walks that is farthest from any site [Å]; 0 without sites
  std::string reason;          ///< why there is no barrier, or no refined one; empty otherwise
};

struct NACRE_API MigrationMap {
  EnergyGrid grid;
  std::size_t lowest = 0;                  ///< grid point
  std::optional<StationaryPoint> minimum;  ///< the lowest of the minima below the lowest grid points
  std::vector<double> site_energies;       ///< of the occupied sites [eV]: of the minimum next to each, see site_energy
  std::vector<MigrationBarrier> barriers;  ///< standard_targets(), then E_plane, E_across, E_direction if asked for

  MigrationBarrier const& at(std::string const& name) const;  ///< of a target that is there
};

/// Energy of the minimum that a site's ion falls into within 1 Å, else that of the site itself.
NACRE_API StationaryPoint site_energy(SiteEnergy const& field, Eigen::Vector3d const& site);

/// Occupied sites and those that operations of the framework make of them, each once, inside the cell [Å].
NACRE_API Eigen::Matrix3Xd symmetric_sites(SiteEnergy const& field);

/// Grid points farther than `distance` from every straight line between sites that are at most 1.3 times the shortest
/// site-site distance apart. @param sites at least one
NACRE_API std::vector<bool> far_from_sites(EnergyGrid const& grid, Eigen::Matrix3Xd const& sites, double distance);

/// @throws InputError for options out of range, or sites asked for where the crystal has none
NACRE_API MigrationMap map_migration(SiteEnergy const& field, MigrationOptions const& options = {});

/// How far the numbers can be trusted, in one sentence for each point that applies to this ion and reference.
NACRE_API std::vector<std::string> trust_notes(Ion mobile, BarrierReference reference);

}  // namespace nacre
