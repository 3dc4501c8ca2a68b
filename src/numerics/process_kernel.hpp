/// The inner loops of Gaussian processes for each instruction set: the same operations in the same order in all.
#pragma once

#include <Eigen/Core>

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// Correlations of one point with many. Coordinates are scaled by their lengths.
struct MaternRow {
  Eigen::Index points, stride;  ///< coordinate f of point i is coordinates[f * stride + i]
  int features;
  double const *coordinates, *query;
  double* correlation;  ///< (1 + √5 r + 5 r²/3) exp(-√5 r)
  double* slope;        ///< -2 d(correlation)/d(r²) = 5/3 (1 + √5 r) exp(-√5 r)
};
void evaluate_matern(Isa isa, MaternRow const& row);

constexpr Eigen::Index solve_width = 16;

/// A lower triangular matrix by rows.
struct LowerRows {
  Eigen::Index size, stride;
  double const* rows;
};
/// Solves L·X = B in place for `solve_width` right-hand sides, which lie next to each other.
void solve_lower_block(Isa isa, LowerRows const& lower, double* block);
/// Adds the squares of the elements of R·B to `sums`, one for each of the `solve_width` columns of B; R is an upper
/// triangular matrix by rows.
void add_squares_block(Isa isa, LowerRows const& upper, double const* block, double* sums);
void solve_lower_one(Isa isa, LowerRows const& lower, double* right);
/// Solves Lᵀ·x = b in place.
void solve_upper_one(Isa isa, LowerRows const& lower, double* right);

}  // namespace nacre::detail
