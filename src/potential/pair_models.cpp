#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core_terms.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/short_range.hpp"
#include "neighbor_table.hpp"

namespace nacre {
namespace {

using detail::PairValue;

constexpr double taper_width_A = 1.0;

/// Energies of pairs added; `pair(i, j, r)` gives energy and -dV/dr of two atomic numbers.
template <class Pair>
Evaluation sum_pairs(Crystal const& crystal, double cutoff, EvaluationState* state, Pair const& pair) {
  auto const add_atom = [&](int first, detail::NeighborTable const& neighbors, detail::PairAccumulator& sum) {
    auto const i = static_cast<std::size_t>(first);
    for (auto k = neighbors.start[i]; k < neighbors.start[i + 1]; ++k) {
      int const second = neighbors.atom[k];
      double const r = neighbors.distance[k];
      PairValue const value = pair(crystal.numbers[i], crystal.numbers[static_cast<std::size_t>(second)], r);
      sum.add_energy(first, 0.5 * value.energy);
      sum.add(first, second, neighbors.vector[k], -0.5 * value.force / r * neighbors.vector[k]);
    }
  };
  return detail::sum_over_atoms(crystal, cutoff, state, add_atom);
}

std::vector<int> all_elements() {
  std::vector<int> numbers(largest_atomic_number);
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

class LennardJones final : public Potential {
 public:
  LennardJones(LennardJonesParameters const& parameters, bool taper, std::string name)
      : parameters_(parameters), taper_(taper ? taper_width_A : 0.0), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.lennard_jones/1").update(parameters_.epsilon).update(parameters_.sigma);
    return sum.update(parameters_.cutoff).update(taper_).hex();
  }
  double cutoff() const override { return parameters_.cutoff; }
  /// An addition to whatever it is summed with: its wells stand for no bonds.
  Contents contents() const override { return {.bonds = false}; }
  std::vector<int> elements() const override { return all_elements(); }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const {
    return sum_pairs(crystal, parameters_.cutoff, state, [this](int, int, double r) { return pair(r); });
  }
  PairValue pair(double r) const {
    double const x2 = std::pow(parameters_.sigma / r, 2), x6 = x2 * x2 * x2;
    double const energy = 4.0 * parameters_.epsilon * (x6 * x6 - x6);
    double const force = 24.0 * parameters_.epsilon * (2.0 * x6 * x6 - x6) / r;
    double const x = taper_ > 0.0 ? (r - parameters_.cutoff + taper_) / taper_ : 0.0;
    if (x <= 0.0) return {energy, force};
    double const factor = 1.0 - x * x * (3.0 - 2.0 * x);
    return {factor * energy, factor * force + energy * 6.0 * x * (1.0 - x) / taper_};
  }

  LennardJonesParameters parameters_;
  double taper_;
  std::string name_;
};

/// Covalent radii [Å] of H to Cm, B. Cordero et al., Dalton Trans. 2832 (2008), doi:10.1039/b801115j (C: sp3; Mn, Fe
/// and Co: low spin); heavier elements take the last.
constexpr std::array<double, 96> covalent_radii{
    0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11, 1.07, 1.05,
    1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22, 1.22, 1.20,
    1.19, 1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46, 1.42, 1.39, 1.45, 1.44,
    1.42, 1.39, 1.39, 1.38, 1.39, 1.40, 2.44, 2.15, 2.07, 2.04, 2.03, 2.01, 1.99, 1.98, 1.98, 1.96,
    1.94, 1.92, 1.92, 1.89, 1.90, 1.87, 1.87, 1.75, 1.70, 1.62, 1.51, 1.44, 1.41, 1.36, 1.36, 1.32,
    1.45, 1.46, 1.48, 1.40, 1.50, 1.50, 2.60, 2.21, 2.15, 2.06, 2.00, 1.96, 1.90, 1.87, 1.80, 1.69};

double covalent_radius(int number) {
  return covalent_radii[static_cast<std::size_t>(std::min(number, static_cast<int>(covalent_radii.size())) - 1)];
}

constexpr double outer_share = 0.7;  // of the sum of covalent radii; no bond is that short

class Repulsion final : public Potential {
 public:
  Repulsion(RepulsionRange const& range, std::string name) : range_(range), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.repulsion/1").update(range_.inner).update(range_.outer).update(units::coulomb_eV_A);
    for (double const radius : covalent_radii) sum.update(range_.outer > 0.0 ? 0.0 : radius);
    return sum.hex();
  }
  double cutoff() const override {
    return range_.outer > 0.0
               ? range_.outer
               : 2.0 * outer_share * *std::max_element(covalent_radii.begin(), covalent_radii.end());
  }
  std::vector<int> elements() const override { return all_elements(); }
  Contents contents() const override { return {.bonds = false, .core = true}; }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const {
    return sum_pairs(crystal, reach(crystal), state, [this](int i, int j, double r) { return pair(i, j, r); });
  }
  RepulsionRange range_of(int first, int second) const {
    if (range_.outer > 0.0) return range_;
    double const outer = outer_share * (covalent_radius(first) + covalent_radius(second));
    return {0.5 * outer, outer};
  }
  double reach(Crystal const& crystal) const {
    double largest = 0.0;
    for (int const number : crystal.numbers) largest = std::max(largest, range_of(number, number).outer);
    return std::max(largest, 2.0 * detail::coincident_A);
  }
  PairValue pair(int first, int second, double r) const;

  RepulsionRange range_;
  std::string name_;
};

/// The screened energy times 1 - 10 x^3 + 15 x^4 - 6 x^5 between the two ends.
PairValue Repulsion::pair(int first, int second, double r) const {
  auto const range = range_of(first, second);
  if (r >= range.outer) return {0.0, 0.0};
  auto const core = detail::screened_coulomb(first, second).at(r);
  double const width = range.outer - range.inner, x = (r - range.inner) / width;
  if (x <= 0.0) return core;
  double const factor = 1.0 - x * x * x * (10.0 - x * (15.0 - 6.0 * x));
  double const slope = 30.0 * x * x * (1.0 - x) * (1.0 - x) / width;
  return {factor * core.energy, factor * core.force + slope * core.energy};
}

}  // namespace

std::shared_ptr<Potential const> make_lennard_jones(LennardJonesParameters const& parameters,
                                                    PotentialOptions const& options, std::string const& name) {
  auto const& [epsilon, sigma, cutoff] = parameters;
  require(epsilon > 0.0 && sigma > 0.0 && std::isfinite(epsilon) && std::isfinite(sigma), "invalid parameters in '",
          name, "' (epsilon and sigma must be positive numbers)");
  require(cutoff > sigma && cutoff <= 60.0, "invalid cutoff=", cutoff, " in '", name, "' (more than sigma, at most 60 Å)");
  return std::make_shared<LennardJones>(parameters, options.taper, name);
}

std::shared_ptr<Potential const> make_repulsion(RepulsionRange const& range, std::string const& name) {
  bool const by_radii = range.inner == 0.0 && range.outer == 0.0;
  require(by_radii || (range.inner >= 0.0 && range.outer > range.inner && range.outer <= 10.0), "invalid range ",
          range.inner, " to ", range.outer, " Å in '", name, "' (0 <= inner < outer <= 10 Å)");
  return std::make_shared<Repulsion>(range, name);
}

}  // namespace nacre
