#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Ions of one kind: element and charge.
struct Ion {
  int number;
  double charge;
  bool operator==(Ion const&) const = default;
};

Ion ion(Crystal const& crystal, std::size_t atom) {
  return {crystal.numbers[atom], crystal.oxidation.empty() ? 0.0 : crystal.oxidation[atom]};
}

/// Shortest distance in a bulk between two ions whose charges have the given sign; 0: any two atoms.
double shortest_like(Crystal const& bulk, int sign) {
  Crystal part;
  part.lattice = bulk.lattice;
  std::vector<Eigen::Index> chosen;
  for (std::size_t a = 0; a < bulk.size(); ++a) {
    if (sign == 0 || ion(bulk, a).charge * sign > 0.0) chosen.push_back(static_cast<Eigen::Index>(a));
  }
  if (chosen.empty()) return infinity;
  part.positions = bulk.positions(Eigen::all, chosen);
  for (auto a : chosen) part.numbers.push_back(bulk.numbers[static_cast<std::size_t>(a)]);
  return shortest_distance(part).distance;
}

/// Reference distances between ions of the two layers.
class PairDistances {
 public:
  PairDistances(Slab const& bottom, Slab const& top) {
    for (int sign : {-1, 0, 1}) {
      like_[sign + 1] = std::min(shortest_like(bottom.plane.primitive, sign), shortest_like(top.plane.primitive, sign));
    }
  }
  static bool unlike(Ion const& a, Ion const& b) { return a.charge * b.charge < 0.0; }
  /// Sum of Shannon radii of an unlike pair [Å].
  static double radii(Ion const& a, Ion const& b) {
    return shannon_radius(a.number, a.charge) + shannon_radius(b.number, b.charge);
  }
  /// Shortest distance of such a pair in either bulk [Å].
  double like(Ion const& a, Ion const& b) const {
    return like_[a.charge * b.charge == 0.0 ? 1 : a.charge < 0.0 ? 0 : 2];
  }
  double limit(Ion const& a, Ion const& b, double unlike_factor, double like_factor) const {
    return unlike(a, b) ? unlike_factor * radii(a, b) : like_factor * like(a, b);
  }

 private:
  std::array<double, 3> like_;
};

/// f(distance) for every periodic image of an in-plane difference that is shorter than `reach`.
template <class Function>
void for_each_image(Eigen::Matrix2d const& cell, Eigen::Matrix2d const& to_cell, Eigen::Vector2d const& difference,
                    double reach, Function const& f) {
  Eigen::Vector2d x = to_cell * difference;
  for (double& c : x) c -= std::round(c);
  int const nx = static_cast<int>(std::ceil(reach * to_cell.row(0).norm() + 0.5));
  int const ny = static_cast<int>(std::ceil(reach * to_cell.row(1).norm() + 0.5));
  for (int i = -nx; i <= nx; ++i) {
    for (int j = -ny; j <= ny; ++j) {
      double const distance = (cell * (x + Eigen::Vector2d(i, j))).norm();
      if (distance < reach) f(distance);
    }
  }
}

/// The atoms of one layer by kind.
struct Kinds {
  std::vector<Ion> ions;
  std::vector<std::vector<Eigen::Index>> atoms;
};

Kinds kinds_of(Stack const& stack, int layer) {
  Kinds kinds;
  for (std::size_t a = 0; a < stack.layer.size(); ++a) {
    if (stack.layer[a] != layer) continue;
    auto const place = std::ranges::find(kinds.ions, ion(stack.crystal, a)) - kinds.ions.begin();
    if (place == static_cast<std::ptrdiff_t>(kinds.ions.size())) {
      kinds.ions.push_back(ion(stack.crystal, a));
      kinds.atoms.emplace_back();
    }
    kinds.atoms[static_cast<std::size_t>(place)].push_back(static_cast<Eigen::Index>(a));
  }
  return kinds;
}

/// limit = factor x reference distance of the kinds.
struct Factors {
  double unlike, like;
};

/// f(i, j, height, lateral distance, limit) for atoms i of layer 1, moved by `lift`, and j of layer 2 that are
/// laterally nearer than the limit of their kinds and not higher or lower than `reach` on top of it.
template <class Function>
void for_each_pair(Stack const& stack, PairDistances const& pairs, Factors factors, Eigen::Vector3d const& lift,
                   double reach, Function const& f) {
  auto const& positions = stack.crystal.positions;
  Eigen::Matrix2d const cell = stack.crystal.lattice.topLeftCorner<2, 2>(), to_cell = cell.inverse();
  auto const first = kinds_of(stack, 1), second = kinds_of(stack, 2);
  for (std::size_t p = 0; p < first.ions.size(); ++p) {
    for (std::size_t q = 0; q < second.ions.size(); ++q) {
      double const limit = pairs.limit(first.ions[p], second.ions[q], factors.unlike, factors.like);
      for (auto i : first.atoms[p]) {
        for (auto j : second.atoms[q]) {
          Eigen::Vector3d const d = positions.col(j) - positions.col(i) - lift;
          if (std::abs(d.z()) > limit + reach) continue;
          for_each_image(cell, to_cell, d.head<2>(), limit, [&](double lateral) { f(i, j, d.z(), lateral, limit); });
        }
      }
    }
  }
}

constexpr double far = 12.0;  ///< a gap across which no pair is too close [Å]

}  // namespace

double gap_from_radii(Slab const& bottom, Slab const& top, Coincidence const& coincidence, Eigen::Vector2d const& shift,
                      StackOptions const& options) {
  StackOptions apart = options;
  apart.geometry = StackGeometry::slab;
  Stack const stack = build_stack(bottom, top, coincidence, shift, far, apart);
  double gap = 0.0;
  auto const close = [&](Eigen::Index, Eigen::Index, double height, double lateral, double limit) {
    double const depth = height - far;  // how far the two lie behind the facing planes
    gap = std::max(gap, std::sqrt(limit * limit - lateral * lateral) - depth);
  };
  for_each_pair(stack, PairDistances(bottom, top), {1.0, 0.9}, Eigen::Vector3d::Zero(), far, close);
  return gap;
}

std::string find_overlap(Stack const& stack, Slab const& bottom, Slab const& top) {
  PairDistances const pairs(bottom, top);
  std::string message;
  double worst = 0.0;
  auto const look = [&](Eigen::Index i, Eigen::Index j, double height, double lateral, double limit) {
    double const distance = std::hypot(height, lateral);
    if (limit - distance <= worst) return;
    worst = limit - distance;
    auto const a = ion(stack.crystal, static_cast<std::size_t>(i)), b = ion(stack.crystal, static_cast<std::size_t>(j));
    message = concat("overlap of ", symbol(a.number), " (atom ", i, ", layer 1) and ", symbol(b.number), " (atom ", j,
                     ", layer 2): ", distance, " A apart, limit ", limit, " A (",
                     PairDistances::unlike(a, b) ? "0.7 x the sum of their Shannon radii"
                                                 : "0.7 x the shortest such distance in either bulk",
                     "); choose another shift or a larger gap");
  };
  for_each_pair(stack, pairs, {0.7, 0.7}, Eigen::Vector3d::Zero(), 0.0, look);
  Eigen::Vector3d const period = stack.crystal.lattice.col(2);
  if (stack.crystal.periodic[2]) for_each_pair(stack, pairs, {0.7, 0.7}, period, 0.0, look);  // the second contact
  return message;
}

}  // namespace nacre
