#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>

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
  PairDistances(Slab const& a, Slab const& b) {
    for (int sign : {-1, 0, 1}) {
      double const other = &a == &b ? infinity : shortest_like(b.plane.primitive, sign);
      like_[sign + 1] = std::min(shortest_like(a.plane.primitive, sign), other);
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

/// limit = factor x reference distance of the kinds.
struct Factors {
  double unlike, like;
};

/// Two layers that may touch; the upper one is moved by `lift`.
struct Pairing {
  int lower, upper;  ///< layers, from 1
  Eigen::Vector3d lift;
};

/// The atoms of one layer with their kinds.
struct Kinds {
  std::vector<Ion> ions;
  std::vector<Eigen::Index> atoms;
  std::vector<std::size_t> kind;  ///< of each atom
};

Kinds kinds_of(Stack const& stack, int layer) {
  Kinds kinds;
  auto const begin = std::ranges::lower_bound(stack.layer, layer), end = std::ranges::upper_bound(stack.layer, layer);
  for (auto a = begin - stack.layer.begin(); a < end - stack.layer.begin(); ++a) {
    auto const wanted = ion(stack.crystal, static_cast<std::size_t>(a));
    auto const place = std::ranges::find(kinds.ions, wanted) - kinds.ions.begin();
    if (place == static_cast<std::ptrdiff_t>(kinds.ions.size())) kinds.ions.push_back(wanted);
    kinds.atoms.push_back(a);
    kinds.kind.push_back(static_cast<std::size_t>(place));
  }
  return kinds;
}

/// Images of atoms near one in-plane cell, in bins at least as wide as the reach of a pair.
class LateralBins {
 public:
  struct Image {
    std::size_t member;      ///< index into the atoms given
    Eigen::Vector2d shift;   ///< cells to add to the atom's own place
  };
  LateralBins(Eigen::Matrix2d const& cell, double reach) : to_cell_(cell.inverse()) {
    for (int k : {0, 1}) {
      margin_[k] = reach * to_cell_.row(k).norm();
      bins_[k] = std::max(1, static_cast<int>(std::floor(1.0 / margin_[k])));
    }
    images_.resize(static_cast<std::size_t>((bins_[0] + 2) * (bins_[1] + 2)));
  }
  void add(std::size_t member, Eigen::Vector2d const& place) {
    Eigen::Vector2d const x = to_cell_ * place, down = x.array().floor();
    Eigen::Vector2d const in_cell = x - down;
    int const na = static_cast<int>(std::ceil(margin_[0])), nb = static_cast<int>(std::ceil(margin_[1]));
    for (int a = -na; a <= na; ++a) {
      for (int b = -nb; b <= nb; ++b) {
        Eigen::Vector2d const y = in_cell + Eigen::Vector2d(a, b);
        if (y[0] < -margin_[0] || y[1] < -margin_[1] || y[0] > 1.0 + margin_[0] || y[1] > 1.0 + margin_[1]) continue;
        images_[slot(bin(y[0], 0), bin(y[1], 1))].push_back({member, Eigen::Vector2d(a, b) - down});
      }
    }
  }
  /// f(image) for every image that may be in reach of a place; shifts are relative to the place itself.
  template <class Function>
  void for_each_near(Eigen::Vector2d const& place, Function const& f) const {
    Eigen::Vector2d const x = to_cell_ * place, down = x.array().floor();
    int const p = std::clamp(bin(x[0] - down[0], 0), 0, bins_[0] - 1);  // x - floor(x) may round to 1
    int const q = std::clamp(bin(x[1] - down[1], 1), 0, bins_[1] - 1);
    for (int a = p - 1; a <= p + 1; ++a) {
      for (int b = q - 1; b <= q + 1; ++b) {
        for (auto const& image : images_[slot(a, b)]) f(Image{image.member, image.shift + down});
      }
    }
  }

 private:
  int bin(double x, int k) const {
    return std::clamp(static_cast<int>(std::floor(x * bins_[k])), -1, bins_[k]);
  }
  std::size_t slot(int a, int b) const { return static_cast<std::size_t>((a + 1) * (bins_[1] + 2) + b + 1); }

  Eigen::Matrix2d to_cell_;
  std::array<double, 2> margin_{};
  std::array<int, 2> bins_{};
  std::vector<std::vector<Image>> images_;
};

/// Limits of all pairs of kinds of two layers.
struct Limits {
  std::vector<std::vector<double>> of;
  double largest = 0.0;
  Limits(Kinds const& lower, Kinds const& upper, PairDistances const& distances, Factors factors) {
    for (auto const& a : lower.ions) {
      of.emplace_back();
      for (auto const& b : upper.ions) {
        double const limit = distances.limit(a, b, factors.unlike, factors.like);
        of.back().push_back(limit);
        if (std::isfinite(limit)) largest = std::max(largest, limit);
      }
    }
  }
};

/// f(i, j, height, lateral distance, limit) for atoms i of the lower layer and j of the upper one that are laterally
/// nearer than the limit of their kinds and not higher or lower than `reach` on top of it.
template <class Function>
void for_each_pair(Stack const& stack, SlabList const& slabs, Pairing const& pairing, Factors factors, double reach,
                   Function const& f) {
  auto const& positions = stack.crystal.positions;
  auto const lower = kinds_of(stack, pairing.lower), upper = kinds_of(stack, pairing.upper);
  Limits const limits(lower, upper,
                      PairDistances(slabs[static_cast<std::size_t>(pairing.lower - 1)],
                                    slabs[static_cast<std::size_t>(pairing.upper - 1)]),
                      factors);
  double const high = positions.row(2)(lower.atoms).maxCoeff();
  double const low = positions.row(2)(upper.atoms).minCoeff() + pairing.lift.z();
  LateralBins bins(stack.cell, limits.largest);
  for (std::size_t m = 0; m < upper.atoms.size(); ++m) {
    Eigen::Vector3d const r = positions.col(upper.atoms[m]) + pairing.lift;
    if (r.z() - high <= limits.largest + reach) bins.add(m, r.head<2>());
  }
  Eigen::Matrix2d const to_cell = stack.cell.inverse();
  for (std::size_t n = 0; n < lower.atoms.size(); ++n) {
    auto const i = lower.atoms[n];
    if (low - positions(2, i) > limits.largest + reach) continue;
    bins.for_each_near(positions.col(i).head<2>(), [&](LateralBins::Image const& image) {
      auto const j = upper.atoms[image.member];
      double const limit = limits.of[lower.kind[n]][upper.kind[image.member]];
      Eigen::Vector3d const d = positions.col(j) - positions.col(i) + pairing.lift;
      if (!(std::abs(d.z()) <= limit + reach)) return;
      Eigen::Vector2d const x = to_cell * d.head<2>(), nearest = x.array().round();
      double const lateral = (stack.cell * (x - nearest + (image.shift + nearest))).norm();
      if (lateral < limit) f(i, j, d.z(), lateral, limit);
    });
  }
}

constexpr double far = 12.0;  ///< a gap across which no pair is too close [Å]

/// The smallest gap of two layers that stand `far` apart.
double smallest_gap(Stack const& stack, SlabList const& slabs, Pairing const& pairing) {
  double gap = 0.0;
  auto const close = [&](Eigen::Index, Eigen::Index, double height, double lateral, double limit) {
    double const depth = height - far;  // how far the two lie behind the facing planes
    gap = std::max(gap, std::sqrt(limit * limit - lateral * lateral) - depth);
  };
  for_each_pair(stack, slabs, pairing, {1.0, 0.9}, far, close);
  return gap;
}

/// The pair that falls short of its limit most.
struct Overlap {
  double excess = 0.0, distance = 0.0, limit = 0.0;
  Eigen::Index lower = -1, upper = -1;
};

void look_for_overlap(Stack const& stack, SlabList const& slabs, Pairing const& pairing, Overlap& worst) {
  for_each_pair(stack, slabs, pairing, {0.7, 0.7}, 0.0,
                [&](Eigen::Index i, Eigen::Index j, double height, double lateral, double limit) {
                  double const distance = std::hypot(height, lateral), excess = limit - distance;
                  if (excess <= 0.0 ||
                      std::tuple(-excess, i, j) >= std::tuple(-worst.excess, worst.lower, worst.upper)) {
                    return;
                  }
                  worst = {excess, distance, limit, i, j};
                });
}

}  // namespace

std::vector<double> gaps_from_radii(SlabList const& slabs, std::vector<ContactDesign> contacts,
                                    StackOptions const& options) {
  StackOptions apart = options;
  apart.closing_gap = far;
  for (auto& contact : contacts) contact.gap = far;
  Stack const stack = build_stack(slabs, contacts, apart);
  int const layers = static_cast<int>(slabs.size());
  std::vector<double> gaps;
  for (int k = 1; k < layers; ++k) gaps.push_back(smallest_gap(stack, slabs, {k, k + 1, Eigen::Vector3d::Zero()}));
  if (options.geometry == StackGeometry::superlattice) {
    gaps.push_back(smallest_gap(stack, slabs, {layers, 1, stack.crystal.lattice.col(2)}));
  }
  return gaps;
}

double gap_from_radii(Slab const& bottom, Slab const& top, Coincidence const& coincidence, Eigen::Vector2d const& shift,
                      StackOptions const& options) {
  StackOptions one_contact = options;
  one_contact.geometry = StackGeometry::slab;
  return gaps_from_radii({bottom, top}, {{coincidence, shift, far}}, one_contact).front();
}

std::string find_overlap(Stack const& stack, SlabList const& slabs) {
  Overlap worst;
  int const layers = static_cast<int>(slabs.size());
  for (int lower = 1; lower <= layers; ++lower) {
    for (int upper = 1; upper <= layers; ++upper) {
      if (lower < upper) look_for_overlap(stack, slabs, {lower, upper, Eigen::Vector3d::Zero()}, worst);
      if (lower > upper && stack.crystal.periodic[2]) {
        look_for_overlap(stack, slabs, {lower, upper, stack.crystal.lattice.col(2)}, worst);
      }
    }
  }
  if (worst.excess <= 0.0) return {};
  auto const name = [&](Eigen::Index atom) {
    auto const a = static_cast<std::size_t>(atom);
    return concat(symbol(stack.crystal.numbers[a]), " (atom ", atom, ", layer ", stack.layer[a], ")");
  };
  bool const unlike = PairDistances::unlike(ion(stack.crystal, static_cast<std::size_t>(worst.lower)),
                                            ion(stack.crystal, static_cast<std::size_t>(worst.upper)));
  return concat("overlap of ", name(worst.lower), " and ", name(worst.upper), ": ", worst.distance, " A apart, limit ",
                worst.limit, " A (",
                unlike ? "0.7 x the sum of their Shannon radii" : "0.7 x the shortest such distance in either bulk",
                "); choose another shift or a larger gap");
}

}  // namespace nacre
