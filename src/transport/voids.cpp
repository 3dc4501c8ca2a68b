#include "nacre/transport/voids.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/transport/bond_valence.hpp"

namespace nacre {
namespace {

constexpr double same_void = 0.5;      // [Å]
constexpr double near_symmetric = 0.4; // a void so near to its image lies on the element of symmetry between both [Å]
constexpr double shell = 0.1;          // ions so much farther than the nearest count with it [Å]
constexpr double finest = 1e-4;        // step of the climb [Å]

/// Ions with their images around the cell.
class Surroundings {
 public:
  explicit Surroundings(Crystal const& crystal) : lattice_(crystal.lattice), inverse_(crystal.lattice.inverse()) {
    // a cell may be flat: images far enough that the nearest ion of any point is among them
    Eigen::Vector3i reach;
    for (int k = 0; k < 3; ++k) reach[k] = 1 + static_cast<int>(std::ceil(4.0 * inverse_.row(k).norm()));
    for (std::size_t a = 0; a < crystal.size(); ++a) {
      Eigen::Vector3d const home = wrapped(crystal.positions.col(static_cast<Eigen::Index>(a)));
      for (int i = -reach[0]; i <= reach[0]; ++i)
        for (int j = -reach[1]; j <= reach[1]; ++j)
          for (int k = -reach[2]; k <= reach[2]; ++k) ions_.push_back(home + lattice_ * Eigen::Vector3d(i, j, k));
    }
  }
  Eigen::Vector3d wrapped(Eigen::Vector3d const& x) const {
    Eigen::Vector3d f = inverse_ * x;
    f -= (f.array() + 1e-9).floor().matrix();
    return lattice_ * f;
  }
  double nearest(Eigen::Vector3d const& place) const {
    Eigen::Vector3d const x = wrapped(place);
    double least = std::numeric_limits<double>::infinity();
    for (auto const& ion : ions_) least = std::min(least, (ion - x).squaredNorm());
    return std::sqrt(least);
  }
  int within(Eigen::Vector3d const& place, double distance) const {
    Eigen::Vector3d const x = wrapped(place);
    return static_cast<int>(std::ranges::count_if(ions_, [&](auto const& ion) { return (ion - x).norm() <= distance; }));
  }
  double apart(Eigen::Vector3d const& a, Eigen::Vector3d const& b) const { return difference(a, b).norm(); }
  /// The nearest image of b, from a.
  Eigen::Vector3d difference(Eigen::Vector3d const& a, Eigen::Vector3d const& b) const {
    Eigen::Vector3d f = inverse_ * (b - a);
    f -= f.array().round().matrix();
    return lattice_ * f;
  }
  Eigen::Matrix3d const& lattice() const { return lattice_; }
  Eigen::Matrix3d const& inverse() const { return inverse_; }

 private:
  Eigen::Matrix3d lattice_, inverse_;
  std::vector<Eigen::Vector3d> ions_;
};

/// Points of a grid that no neighbour exceeds.
std::vector<Eigen::Vector3d> grid_maxima(Surroundings const& around, VoidOptions const& options) {
  Eigen::Vector3i n;
  for (int k = 0; k < 3; ++k)
    n[k] = std::max(4, static_cast<int>(std::ceil(around.lattice().col(k).norm() / options.step)));
  auto const index = [&](int i, int j, int k) {
    auto const wrap = [](int a, int b) { return ((a % b) + b) % b; };
    return static_cast<std::size_t>((wrap(i, n[0]) * n[1] + wrap(j, n[1])) * n[2] + wrap(k, n[2]));
  };
  auto const place = [&](int i, int j, int k) -> Eigen::Vector3d {
    return around.lattice() * Eigen::Vector3d((i + 0.5) / n[0], (j + 0.5) / n[1], (k + 0.5) / n[2]);
  };
  std::vector<double> distance(static_cast<std::size_t>(n.prod()));
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k) distance[index(i, j, k)] = around.nearest(place(i, j, k));
  std::vector<Eigen::Vector3d> maxima;
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k) {
        bool highest = true;
        for (int d = 0; d < 27; ++d)
          highest = highest && distance[index(i + d / 9 - 1, j + d / 3 % 3 - 1, k + d % 3 - 1)] <= distance[index(i, j, k)] + 1e-9;
        if (highest) maxima.push_back(place(i, j, k));
      }
  return maxima;
}

/// Uphill by ever smaller steps along edges, faces and corners of a cube.
Eigen::Vector3d climb(Surroundings const& around, Eigen::Vector3d place, double step) {
  double best = around.nearest(place);
  while (step > finest) {
    Eigen::Vector3d next = place;
    for (int d = 0; d < 27; ++d) {
      Eigen::Vector3d const trial = place + step * Eigen::Vector3d(d / 9 - 1, d / 3 % 3 - 1, d % 3 - 1);
      double const found = around.nearest(trial);
      if (found <= best + 1e-12) continue;
      best = found;
      next = trial;
    }
    if (next == place) step *= 0.5;
    place = next;
  }
  return place;
}

Eigen::Vector3d image_of(SymmetryOperation const& operation, Surroundings const& around, Eigen::Vector3d const& place) {
  return around.lattice() * (operation.rotation.cast<double>() * (around.inverse() * place) + operation.translation);
}

/// The mean of a place and its images nearby.
Eigen::Vector3d symmetric(Surroundings const& around, std::vector<SymmetryOperation> const& operations,
                          Eigen::Vector3d const& place) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int count = 0;
  for (auto const& operation : operations) {
    Eigen::Vector3d const away = around.difference(place, image_of(operation, around, place));
    if (away.norm() > near_symmetric) continue;
    sum += away;
    ++count;
  }
  return place + sum / std::max(count, 1);
}

std::optional<double> mismatch_at(Crystal const& crystal, Eigen::Vector3d const& place, int species, int charge) {
  if (charge == 0 || crystal.oxidation.empty()) return std::nullopt;
  double sum = 0.0;
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  constexpr double range = 6.0;  // beyond it a bond has less than 1e-4 valence units [Å]
  for (std::size_t a = 0; a < crystal.size(); ++a) {
    double const q = crystal.oxidation[a];
    if (q * charge >= 0.0) continue;
    auto const pair = find_bond_valence_pair({species, charge}, {crystal.numbers[a], static_cast<int>(std::lround(q))});
    if (!pair) return std::nullopt;
    Eigen::Vector3d f = inverse * (crystal.positions.col(static_cast<Eigen::Index>(a)) - place);
    f -= f.array().round().matrix();
    Eigen::Vector3i n;
    for (int k = 0; k < 3; ++k) n[k] = 1 + static_cast<int>(std::ceil(range * inverse.row(k).norm()));
    for (int i = -n[0]; i <= n[0]; ++i)
      for (int j = -n[1]; j <= n[1]; ++j)
        for (int k = -n[2]; k <= n[2]; ++k) {
          double const r = (crystal.lattice * (f + Eigen::Vector3d(i, j, k))).norm();
          if (r < range) sum += std::exp(pair->alpha * (pair->r0 - r));
        }
  }
  return sum - std::abs(charge);
}

}  // namespace

std::vector<Void> find_voids(Crystal const& crystal, int species, int charge, VoidOptions const& options) {
  require(options.least_distance > 0.5 && options.least_distance < 10.0, "invalid distance ", options.least_distance,
          " A of a void from the nearest ion (0.5 to 10)");
  require(options.step > 0.05 && options.step < 1.0, "invalid step ", options.step, " A of the grid (0.05 to 1)");
  require(crystal.size() > 0 && crystal.size() <= 2000, "voids are looked for in cells of 1 to 2000 atoms, not ", crystal.size());
  Surroundings const around(crystal);
  auto const operations = find_space_group(crystal, options.tolerance_A).operations;
  std::vector<Void> voids;
  auto const known = [&](Eigen::Vector3d const& place) {
    return std::ranges::any_of(voids, [&](auto const& v) {
      return std::ranges::any_of(v.places, [&](auto const& other) { return around.apart(other, place) < same_void; });
    });
  };
  std::vector<std::pair<double, Eigen::Vector3d>> found;
  for (auto const& start : grid_maxima(around, options)) {
    auto place = climb(around, start, 0.5 * options.step);
    auto const even = symmetric(around, operations, place);
    if (around.nearest(even) >= around.nearest(place) - 0.05) place = even;
    if (around.nearest(place) >= options.least_distance) found.emplace_back(around.nearest(place), around.wrapped(place));
  }
  std::ranges::stable_sort(found, [](auto const& a, auto const& b) { return a.first > b.first + 1e-3; });
  for (auto const& [distance, place] : found) {
    if (static_cast<int>(voids.size()) == options.most_kinds) break;
    if (known(place)) continue;
    Void entry;
    entry.distance = distance;
    entry.coordination = around.within(place, distance + shell);
    entry.mismatch = mismatch_at(crystal, place, species, charge);
    for (auto const& operation : operations) {
      Eigen::Vector3d const image = around.wrapped(image_of(operation, around, place));
      bool const listed = std::ranges::any_of(entry.places, [&](auto const& other) { return around.apart(other, image) < same_void; });
      if (!listed) entry.places.push_back(image);
    }
    voids.push_back(std::move(entry));
  }
  return voids;
}

}  // namespace nacre
