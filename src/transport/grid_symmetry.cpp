#include "grid_symmetry.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre::detail {
namespace {

constexpr double exact_A = 1e-7;
constexpr double most_comparisons = 2e8;  // of ions, for all operations together: below a second

/// i -> matrix i + shift on the grid, modulo its points.
struct GridOperation {
  Eigen::Matrix3i matrix;
  Eigen::Vector3i shift;
};

/// Rotation and translation in units of the grid; false if they do not map points on points.
bool to_grid(SymmetryOperation const& operation, Eigen::Vector3i const& points, GridOperation& result) {
  for (int a = 0; a < 3; ++a) {
    double const shift = operation.translation[a] * points[a];
    result.shift[a] = static_cast<int>(std::lround(shift));
    if (std::abs(shift - result.shift[a]) > 1e-4 * points[a]) return false;
    for (int b = 0; b < 3; ++b) {
      if (operation.rotation(a, b) * points[a] % points[b] != 0) return false;
      result.matrix(a, b) = operation.rotation(a, b) * points[a] / points[b];
    }
  }
  return true;
}

bool preserves_metric(Eigen::Matrix3d const& lattice, Eigen::Matrix3i const& rotation) {
  Eigen::Matrix3d const metric = lattice.transpose() * lattice;
  Eigen::Matrix3d const w = rotation.cast<double>();
  double const size = lattice.colwise().norm().maxCoeff();
  return ((w.transpose() * metric * w - metric).cwiseAbs().array() < exact_A * size).all();
}

bool maps_ions(Crystal const& crystal, Eigen::Matrix3Xd const& fractional, Eigen::Matrix3i const& rotation,
               Eigen::Vector3d const& translation) {
  for (Eigen::Index i = 0; i < fractional.cols(); ++i) {
    Eigen::Vector3d const image = rotation.cast<double>() * fractional.col(i) + translation;
    bool found = false;
    for (Eigen::Index j = 0; j < fractional.cols() && !found; ++j) {
      auto const a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      if (crystal.numbers[a] != crystal.numbers[b] || crystal.oxidation[a] != crystal.oxidation[b]) continue;
      Eigen::Vector3d difference = image - fractional.col(j);
      difference -= difference.array().round().matrix();
      found = (crystal.lattice * difference).norm() < exact_A;
    }
    if (!found) return false;
  }
  return true;
}

std::vector<SymmetryOperation> operations_of(Crystal const& crystal) {
  bool const whole = crystal.periodic[0] && crystal.periodic[1] && crystal.periodic[2];
  if (!whole) return {};
  try {
    return find_space_group(crystal, 1e-5).operations;
  } catch (InputError const&) {
    return {};  // no group found: every point is computed
  }
}

std::vector<GridOperation> exact_operations(Crystal const& crystal, Eigen::Vector3i const& points) {
  auto const operations = operations_of(crystal);
  double const ions = static_cast<double>(crystal.size());
  std::vector<GridOperation> exact;
  if (ions * ions * static_cast<double>(operations.size()) > most_comparisons) return exact;
  Eigen::Matrix3Xd const fractional = crystal.lattice.inverse() * crystal.positions;
  for (auto const& operation : operations) {
    GridOperation candidate;
    if (!to_grid(operation, points, candidate)) continue;
    Eigen::Vector3d const translation = candidate.shift.cast<double>().array() / points.cast<double>().array();
    if (preserves_metric(crystal.lattice, operation.rotation) &&
        maps_ions(crystal, fractional, operation.rotation, translation))
      exact.push_back(candidate);
  }
  return exact;
}

std::size_t image_of(GridOperation const& operation, Eigen::Vector3i const& at, Eigen::Vector3i const& points) {
  std::size_t index = 0;
  for (int k = 0; k < 3; ++k) {
    int i = (operation.matrix.row(k).dot(at) + operation.shift[k]) % points[k];
    if (i < 0) i += points[k];
    index = index * static_cast<std::size_t>(points[k]) + static_cast<std::size_t>(i);
  }
  return index;
}

}  // namespace

std::vector<std::int32_t> grid_orbits(Crystal const& crystal, Eigen::Vector3i const& points) {
  auto const operations = exact_operations(crystal, points);
  if (operations.size() < 2) return {};
  std::vector<std::int32_t> orbit(static_cast<std::size_t>(points.cast<std::int64_t>().prod()), -1);
  std::size_t index = 0;
  Eigen::Vector3i at;
  for (at[0] = 0; at[0] < points[0]; ++at[0])
    for (at[1] = 0; at[1] < points[1]; ++at[1])
      for (at[2] = 0; at[2] < points[2]; ++at[2], ++index) {
        if (orbit[index] >= 0) continue;
        for (auto const& operation : operations) {
          auto& image = orbit[image_of(operation, at, points)];
          if (image < 0) image = static_cast<std::int32_t>(index);
        }
        orbit[index] = static_cast<std::int32_t>(index);
      }
  return orbit;
}

}  // namespace nacre::detail
