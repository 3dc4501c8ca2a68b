#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/short_range.hpp"
#include "neighbor_table.hpp"
#include "pair_kernel.hpp"

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

/// The part of a CoreBlend that is added.
class Repulsion final : public Potential {
 public:
  Repulsion(RepulsionRange const& range, std::string name) : blend_(range), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override {
    Sha256 sum;
    blend_.update(sum.update("nacre.repulsion/2"));
    return sum.hex();
  }
  double cutoff() const override { return blend_.longest(); }
  std::vector<int> elements() const override { return all_elements(); }
  Contents contents() const override { return {.bonds = false, .core = true}; }
  Value about() const override {
    auto value = Potential::about();
    value["kind"] = "zbl";
    value["range"] = blend_.about();
    return value;
  }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const {
    return sum_pairs(crystal, reach(crystal), state, [this](int i, int j, double r) {
      auto const added = blend_.added(i, j, r);
      return PairValue{added.energy, added.force};
    });
  }
  double reach(Crystal const& crystal) const {
    double largest = 0.0;
    for (int const number : crystal.numbers) largest = std::max(largest, blend_.range(number, number).outer);
    return std::max(largest, 2.0 * detail::coincident_A);
  }

  CoreBlend blend_;
  std::string name_;
};

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
  return std::make_shared<Repulsion>(range, name);
}

}  // namespace nacre
