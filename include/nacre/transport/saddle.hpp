/// Minima and saddles of the bond-valence site energy off the grid, by its analytic derivatives.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "nacre/core/api.hpp"
#include "nacre/transport/bond_valence.hpp"

namespace nacre {

struct StationaryPoint {
  Eigen::Vector3d position;  ///< Cartesian [Å]
  double energy;             ///< [eV]
};

struct StationaryOptions {
  double force = 1e-7;        ///< largest slope left [eV/Å]
  double max_distance = 1.0;  ///< from the start [Å]
  int max_steps = 200;
};

/// Downhill by Newton steps with a positive curvature, never longer than 0.1 Å. nullopt if the limits are met first.
NACRE_API std::optional<StationaryPoint> find_minimum(SiteEnergy const& field, Eigen::Vector3d const& start,
                                                      StationaryOptions const& options = {});
/// Eigenvector following: uphill along the softest mode, downhill along the others. nullopt if the limits are met
/// first or the point found is not a saddle with one direction down.
NACRE_API std::optional<StationaryPoint> find_saddle(SiteEnergy const& field, Eigen::Vector3d const& start,
                                                     StationaryOptions const& options = {});

/// The highest saddle that a closed path must cross, starting from the bumps of the path given as points: the energy
/// along straight pieces is an upper bound of the barrier, each bump is relaxed to its saddle. nullopt if the one that
/// decides has no saddle nearby that lies lower.
/// @param path Cartesian [Å], last column = image of the first
NACRE_API std::optional<StationaryPoint> highest_saddle(SiteEnergy const& field, Eigen::Matrix3Xd const& path,
                                                        StationaryOptions const& options = {});

}  // namespace nacre
