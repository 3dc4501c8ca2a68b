#include "reduced_cell.hpp"

#include <Eigen/LU>
#include <cmath>

namespace nacre::detail {
namespace {

/// Subtracts integer multiples of other vectors from vector i while that makes it shorter by more than rounding.
bool shorten(Eigen::Matrix3d& lattice, Eigen::Matrix3i& transform, int i, std::array<bool, 3> const& periodic) {
  constexpr double margin = 1.0 - 1e-9;
  bool changed = false;
  for (int j = 0; j < 3; ++j) {
    if (j == i || !periodic[j]) continue;
    double const n = std::round(lattice.col(i).dot(lattice.col(j)) / lattice.col(j).squaredNorm());
    Eigen::Vector3d const shorter = lattice.col(i) - n * lattice.col(j);
    if (n == 0.0 || shorter.squaredNorm() >= margin * lattice.col(i).squaredNorm()) continue;
    lattice.col(i) = shorter;
    transform.col(i) -= static_cast<int>(n) * transform.col(j);
    changed = true;
  }
  return changed;
}

}  // namespace

ReducedCell reduce_cell(Eigen::Matrix3d const& lattice, std::array<bool, 3> const& periodic) {
  ReducedCell cell{lattice, Eigen::Matrix3d::Identity(), Eigen::Matrix3i::Identity(), periodic};
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < 3; ++i) {
      if (periodic[i] && shorten(cell.lattice, cell.transform, i, periodic)) changed = true;
    }
  }
  cell.lattice = lattice * cell.transform.cast<double>();
  cell.inverse = cell.lattice.inverse();
  return cell;
}

Eigen::Vector3d cell_heights(Eigen::Matrix3d const& inverse) { return inverse.rowwise().norm().cwiseInverse(); }

}  // namespace nacre::detail
