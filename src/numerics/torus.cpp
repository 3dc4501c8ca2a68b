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

std::array<TorusWave, 3> torus_waves(Eigen::Matrix2d const& cell) {
  Eigen::Matrix2d const metric = cell.transpose() * cell;
  std::array<Eigen::Vector2i, 3> base{Eigen::Vector2i(1, 0), Eigen::Vector2i(0, 1), Eigen::Vector2i(-1, -1)};
  auto const product = [&](int i, int j) {
    return base[static_cast<std::size_t>(i % 3)].cast<double>().dot(
        metric * base[static_cast<std::size_t>(j % 3)].cast<double>());
  };
  // each step makes the superbase shorter; a rounding error must not keep it going
  auto const zero = 1e-12 * (metric(0, 0) + metric(1, 1));
  for (int step = 0; step < 1000; ++step) {
    int acute = 0;
    while (acute < 3 && product(acute + 1, acute + 2) <= zero) ++acute;
    if (acute == 3) break;
    Eigen::Vector2i const a = base[static_cast<std::size_t>((acute + 1) % 3)],
                          b = base[static_cast<std::size_t>((acute + 2) % 3)];
    base = {Eigen::Vector2i(-a), b, Eigen::Vector2i(a - b)};
  }
  std::array<TorusWave, 3> waves;
  for (int i = 0; i < 3; ++i) {
    auto const& one = base[static_cast<std::size_t>(i)];
    waves[static_cast<std::size_t>(i)] = {Eigen::Vector2i(-one.y(), one.x()), std::max(-product(i + 1, i + 2), 0.0)};
  }
  return waves;
}

}  // namespace nacre
