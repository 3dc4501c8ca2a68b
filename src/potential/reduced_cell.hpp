/// Short vectors for a lattice.
#pragma once

#include <Eigen/Core>
#include <array>

namespace nacre::detail {

/// A basis of the same lattice with short vectors; vectors along which the crystal is not periodic are kept.
struct ReducedCell {
  Eigen::Matrix3d lattice;  ///< columns [Å]
  Eigen::Matrix3d inverse;
  Eigen::Matrix3i transform;  ///< reduced = given * transform, determinant 1 or -1
  std::array<bool, 3> periodic;
};
ReducedCell reduce_cell(Eigen::Matrix3d const& lattice, std::array<bool, 3> const& periodic);

/// Distance between opposite faces of the cell, for each lattice vector [Å].
Eigen::Vector3d cell_heights(Eigen::Matrix3d const& inverse);

}  // namespace nacre::detail
