/// Distances on a torus: the plane modulo the lattice of a 2-D cell.
#pragma once

#include <Eigen/Core>
#include <array>

#include "nacre/core/api.hpp"

namespace nacre {

/// The shortest way from `a` to `b`, over all lattice translations.
/// @param cell vectors as columns, of any shape
/// @param a,b fractional
/// @return Cartesian, in the unit of the cell
NACRE_API Eigen::Vector2d torus_difference(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a,
                                           Eigen::Vector2d const& b);

/// One of the waves that a torus is embedded with.
struct TorusWave {
  Eigen::Vector2i reciprocal;  ///< h: the phase is 2π h·(u, v)
  double weight = 0.0;         ///< λ >= 0, in the unit of the cell squared
};

/// |cell·f|² = Σ λ (h·f)² with at most three waves: the decomposition of E. Selling, J. reine angew. Math. 77, 143
/// (1874).
///
/// So the points (√λ / 2π) (cos 2π h·f, sin 2π h·f) lie as far from each other as on the torus if they are near, and a
/// kernel of their distance is positive definite, which one of the shortest way around need not be. It does not depend
/// on the choice of the cell.
NACRE_API std::array<TorusWave, 3> torus_waves(Eigen::Matrix2d const& cell);

}  // namespace nacre
