#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/units.hpp"
#include "nacre/potential/short_range.hpp"
#include "neighbor_table.hpp"
#include "triplet_file.hpp"

namespace nacre {
namespace {

using detail::NeighborTable;
using detail::PairAccumulator;

/// Of a triplet i j k. The pair i j takes n, beta, lambda1, lambda2, A, B and its cutoff from the triplet i j j.
struct Parameters {
  double m = 3.0, gamma = 1.0, lambda3 = 0.0, c = 0.0, d = 1.0, cosine = 0.0, n = 1.0, beta = 0.0;
  double lambda2 = 0.0, b = 0.0, r = 0.0, width = 0.0, lambda1 = 0.0, a = 0.0;
  double cutoff() const { return r + width; }
};

Parameters make_parameters(detail::TripletEntry const& entry, std::string const& origin) {
  auto const& x = entry.numbers;
  Parameters p{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12], x[13]};
  bool const valid = (p.m == 1.0 || p.m == 3.0) && p.gamma >= 0.0 && p.lambda3 >= 0.0 && p.c >= 0.0 && p.d > 0.0 &&
                     p.n >= 0.0 && p.beta >= 0.0 && p.lambda2 >= 0.0 && p.b >= 0.0 && p.width >= 0.0 &&
                     p.r > p.width && p.lambda1 >= 0.0 && p.a >= 0.0;
  require(valid, "the entry of '", origin, "' that begins in line ", entry.line,
          " is out of range (m is 1 or 3, d positive, R larger than D, nothing negative but cos(theta0))");
  return p;
}

struct Value {
  double value, slope;
};

/// 1 below R - D, 0 above R + D, half a sine between.
Value cutoff_function(Parameters const& p, double r) {
  if (r <= p.r - p.width) return {1.0, 0.0};
  if (r >= p.r + p.width) return {0.0, 0.0};
  double const x = 0.5 * units::pi * (r - p.r) / p.width;
  return {0.5 * (1.0 - std::sin(x)), -0.25 * units::pi / p.width * std::cos(x)};
}

/// gamma (1 + c^2/d^2 - c^2/(d^2 + (cos - cos0)^2)), by the cosine.
Value angle_function(Parameters const& p, double cosine) {
  double const c2 = p.c * p.c, d2 = p.d * p.d, h = cosine - p.cosine, below = 1.0 / (d2 + h * h);
  return {p.gamma * (1.0 + c2 / d2 - c2 * below), p.gamma * 2.0 * c2 * h * below * below};
}

/// exp((lambda3 x)^m) by x = r_ij - r_ik, within what a double holds.
Value distance_function(Parameters const& p, double x) {
  if (p.lambda3 == 0.0) return {1.0, 0.0};
  double const y = p.lambda3 * x, power = p.m == 3.0 ? y * y * y : y;
  double const value = std::exp(std::clamp(power, -300.0, 300.0));
  return {value, (p.m == 3.0 ? 3.0 * y * y : 1.0) * p.lambda3 * value};
}

/// (1 + (beta zeta)^n)^(-1/2n), by zeta.
Value bond_order(Parameters const& p, double zeta) {
  if (!(p.beta * zeta > 0.0) || p.n == 0.0) return {1.0, 0.0};
  double const power = std::pow(p.beta * zeta, p.n), value = std::pow(1.0 + power, -0.5 / p.n);
  return {value, -0.5 * value * power / (zeta * (1.0 + power))};
}

/// One neighbour k in the sum zeta of a bond i j, with the derivatives of its term.
struct Third {
  std::size_t place;
  double along_ij, along_ik;  ///< derivatives by the two distances
  double by_cosine, cosine;
};

class Tersoff final : public Potential {
 public:
  Tersoff(std::vector<detail::TripletEntry> const& entries, detail::LabelMap const& map, std::string const& origin,
          std::string name)
      : table_(entries, map, origin, [&](auto const& entry) { return make_parameters(entry, origin); }),
        name_(std::move(name)) {
    Sha256 sum;
    sum.update("nacre.tersoff/1");
    detail::hash_entries(sum, entries, map);
    identity_ = sum.hex();
    for (auto const& p : table_.all()) cutoff_ = std::max(cutoff_, p.cutoff());
  }

  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  double cutoff() const override { return cutoff_; }
  std::vector<int> elements() const override { return table_.map().numbers; }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const;
  void add_bond(int i, std::size_t bond, std::vector<int> const& kind, NeighborTable const& table,
                std::vector<Third>& thirds, PairAccumulator& sum) const;
  double sum_thirds(int i, std::size_t bond, std::vector<int> const& kind, NeighborTable const& table,
                    std::vector<Third>& thirds) const;

  detail::TripletTable<Parameters> table_;
  std::string name_, identity_;
  double cutoff_ = 0.0;
};

Evaluation Tersoff::run(Crystal const& crystal, EvaluationState* state) const {
  auto const kind = table_.indices(crystal, name_);
  thread_local std::vector<Third> thirds;
  auto const add_atom = [&](int i, NeighborTable const& neighbors, PairAccumulator& sum) {
    auto const n = static_cast<std::size_t>(i);
    for (auto bond = neighbors.start[n]; bond < neighbors.start[n + 1]; ++bond)
      add_bond(i, bond, kind, neighbors, thirds, sum);
  };
  return detail::sum_over_atoms(crystal, cutoff_, state, add_atom);
}

/// zeta of the bond, and the terms that it is made of.
double Tersoff::sum_thirds(int i, std::size_t bond, std::vector<int> const& kind, NeighborTable const& table,
                           std::vector<Third>& thirds) const {
  thirds.clear();
  auto const n = static_cast<std::size_t>(i);
  int const first = kind[n], second = kind[static_cast<std::size_t>(table.atom[bond])];
  double const r = table.distance[bond];
  double zeta = 0.0;
  for (auto k = table.start[n]; k < table.start[n + 1]; ++k) {
    if (k == bond) continue;
    auto const& p = table_(first, second, kind[static_cast<std::size_t>(table.atom[k])]);
    double const rk = table.distance[k];
    if (rk >= p.cutoff()) continue;
    double const cosine = table.vector[bond].dot(table.vector[k]) / (r * rk);
    auto const fc = cutoff_function(p, rk), g = angle_function(p, cosine), e = distance_function(p, r - rk);
    zeta += fc.value * g.value * e.value;
    thirds.push_back({k, fc.value * g.value * e.slope, fc.slope * g.value * e.value - fc.value * g.value * e.slope,
                      fc.value * g.slope * e.value, cosine});
  }
  return zeta;
}

/// Half of the repulsion of i and j, and half of their attraction as seen from i.
void Tersoff::add_bond(int i, std::size_t bond, std::vector<int> const& kind, NeighborTable const& table,
                       std::vector<Third>& thirds, PairAccumulator& sum) const {
  int const j = table.atom[bond];
  auto const& p = table_(kind[static_cast<std::size_t>(i)], kind[static_cast<std::size_t>(j)],
                         kind[static_cast<std::size_t>(j)]);
  double const r = table.distance[bond];
  if (r >= p.cutoff()) return;
  double const zeta = sum_thirds(i, bond, kind, table, thirds);
  auto const fc = cutoff_function(p, r), b = bond_order(p, zeta);
  double const repulsion = p.a * std::exp(-p.lambda1 * r), attraction = -p.b * std::exp(-p.lambda2 * r);
  sum.add_energy(i, 0.5 * fc.value * (repulsion + b.value * attraction));
  double const slope = 0.5 * (fc.slope * (repulsion + b.value * attraction) -
                              fc.value * (p.lambda1 * repulsion + p.lambda2 * b.value * attraction));
  double const by_zeta = 0.5 * fc.value * attraction * b.slope;
  Eigen::Vector3d const to_j = table.vector[bond] / r;
  Eigen::Vector3d gradient = slope * to_j;
  if (by_zeta == 0.0) thirds.clear();
  for (auto const& third : thirds) {
    double const rk = table.distance[third.place];
    Eigen::Vector3d const to_k = table.vector[third.place] / rk;
    gradient += by_zeta * (third.along_ij * to_j + third.by_cosine / r * (to_k - third.cosine * to_j));
    sum.add(i, table.atom[third.place], table.vector[third.place],
            by_zeta * (third.along_ik * to_k + third.by_cosine / rk * (to_j - third.cosine * to_k)));
  }
  sum.add(i, j, table.vector[bond], gradient);
}

}  // namespace

std::shared_ptr<Potential const> make_tersoff(std::string_view text, std::string const& origin,
                                              std::vector<LabelChoice> const& labels, std::string const& name) {
  auto const entries = detail::parse_triplets(text, origin, 14);
  return std::make_shared<Tersoff>(entries, detail::choose_labels(entries, origin, labels), origin, name);
}

}  // namespace nacre
