/// Distances on a torus: the plane modulo the lattice of a 2-D cell.
#pragma once

#include <Eigen/Core>

#include "nacre/core/api.hpp"

namespace nacre {

/// The shortest way from `a` to `b`, over all lattice translations.
/// @param cell vectors as columns, of any shape
/// @param a,b fractional
/// @return Cartesian, in the unit of the cell
NACRE_API Eigen::Vector2d torus_difference(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a,
                                           Eigen::Vector2d const& b);

}  // namespace nacre
