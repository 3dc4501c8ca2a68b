/// At which energy a periodic grid opens to ions: union-find with wrapping vectors, exact on the grid.
///
/// Points enter by energy; two neighbours that are in already join their clusters. A cluster that meets its own image
/// gets the lattice vector between the two, a wrapping vector. The number of independent ones is its dimension.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/energy_grid.hpp"

namespace nacre {

/// Some cluster has wrapping vectors v (integers, in lattice vectors) whose images map * v span `rank` dimensions.
struct NACRE_API PercolationTarget {
  std::string name;
  Eigen::Matrix<double, Eigen::Dynamic, 3> map;
  int rank = 1;
};

/// E1D, E2D, E3D; Ex, Ey, Ez (a component along that lattice vector); E_ab, E_bc, E_ac (two dimensions left when the
/// third component is dropped).
NACRE_API std::vector<PercolationTarget> standard_targets();
/// Two dimensions left in projection on the plane (h k l), perpendicular to its normal: "E_plane".
NACRE_API PercolationTarget in_plane_target(Eigen::Matrix3d const& lattice, Eigen::Vector3i const& miller);
/// From one plane (h k l) to the next: "E_across".
NACRE_API PercolationTarget across_target(Eigen::Vector3i const& miller);
/// A component along the direction [u v w], in Cartesian space: "E_direction".
NACRE_API PercolationTarget direction_target(Eigen::Matrix3d const& lattice, Eigen::Vector3i const& direction);

struct PercolationOptions {
  int connectivity = 26;  ///< neighbours of a point: 6, 18 or 26
  /// Points that no walk may enter; empty or one entry per point.
  std::vector<bool> closed;
};

struct Threshold {
  double level;       ///< highest energy on the way, absolute [eV]
  std::size_t point;  ///< the grid point that opens it
};

/// One per target; nullopt where even the whole grid does not percolate.
/// @throws InputError for a connectivity that does not exist
NACRE_API std::vector<std::optional<Threshold>> percolate(EnergyGrid const& grid,
                                                          std::vector<PercolationTarget> const& targets,
                                                          PercolationOptions const& options = {});

/// A closed walk over neighbouring grid points, from a point to its image.
struct NACRE_API GridWalk {
  std::vector<std::size_t> points;     ///< each once, from the start on; the last one neighbours the start's image
  std::vector<Eigen::Vector3i> cells;  ///< lattice vectors to add to each point so that the walk does not jump
  Eigen::Vector3i wrap;                ///< from the start to its image, lattice vectors

  /// Cartesian [Å], one column per point and one more for the image of the start.
  Eigen::Matrix3Xd positions(EnergyGrid const& grid) const;
};

/// `target.rank` walks through `threshold.point`, none higher than it, whose wrapping vectors fulfil the target
/// together. Among all walks those that stay low: the weight of a step is its length times exp((E - level)/0.1 eV).
/// One list for each target, for targets that have this threshold in common.
NACRE_API std::vector<std::vector<GridWalk>> find_walks(EnergyGrid const& grid,
                                                        std::vector<PercolationTarget> const& targets,
                                                        Threshold const& threshold,
                                                        PercolationOptions const& options = {});

/// Every grid point in one cluster with `start` at its energy `level` or below, ascending.
NACRE_API std::vector<std::size_t> cluster(EnergyGrid const& grid, std::size_t start, double level,
                                           PercolationOptions const& options = {});

}  // namespace nacre
