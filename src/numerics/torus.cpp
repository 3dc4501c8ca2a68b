#include "nacre/numerics/torus.hpp"

#include <cmath>

namespace nacre {
namespace {

/// Lagrange-Gauss reduction: two shortest vectors of the lattice.
Eigen::Matrix2d reduced(Eigen::Matrix2d cell) {
  for (int step = 0; step < 100; ++step) {  // each step shortens a vector; 100 are never needed
    if (cell.col(0).squaredNorm() > cell.col(1).squaredNorm()) cell.col(0).swap(cell.col(1));
    auto const times = std::round(cell.col(0).dot(cell.col(1)) / cell.col(0).squaredNorm());
    if (times == 0.0) break;
    cell.col(1) -= times * cell.col(0);
  }
  return cell;
}

}  // namespace

Eigen::Vector2d torus_difference(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a, Eigen::Vector2d const& b) {
  Eigen::Matrix2d const short_cell = reduced(cell);
  Eigen::Vector2d const way = cell * (b - a);
  auto const determinant = short_cell(0, 0) * short_cell(1, 1) - short_cell(0, 1) * short_cell(1, 0);
  auto const u = (short_cell(1, 1) * way.x() - short_cell(0, 1) * way.y()) / determinant;
  auto const v = (short_cell(0, 0) * way.y() - short_cell(1, 0) * way.x()) / determinant;
  Eigen::Vector2d const near = way - short_cell * Eigen::Vector2d(std::floor(u + 0.5), std::floor(v + 0.5));
  Eigen::Vector2d shortest = near;
  for (int i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) {
      Eigen::Vector2d const other = near + short_cell * Eigen::Vector2d(i, j);
      if (other.squaredNorm() < shortest.squaredNorm()) shortest = other;
    }
  }
  return shortest;
}

}  // namespace nacre
