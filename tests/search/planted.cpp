// Optima that are known because they were planted: among many stacks (F01), where evaluations differ in work (F07), and
// behind a predictor that is wrong on purpose (F15).
#include <gtest/gtest.h>

#include "search/simulation.hpp"

namespace nacre {
namespace {

using test::box;
using test::Evaluate;
using test::minimise;
using test::read_space;
using test::Simulation;

constexpr char five_factors[] = R"(
[[variable]]
name = "pair"
kind = "categorical"
choices = ["a", "b", "c", "d", "e", "f"]
[[variable]]
name = "twist"
kind = "ordered"
values = [0, 5, 11, 16, 22, 27, 32, 37, 45]
[[variable]]
name = "termination"
kind = "categorical"
choices = ["t0", "t1", "t2", "t3"]
[[variable]]
name = "shift"
kind = "torus"
[[variable]]
name = "thickness"
kind = "ordered"
values = [2, 3, 4, 6, 8]
)";
constexpr int exhaustive = 6 * 9 * 4 * 36 * 5;  // with 6 x 6 shifts

/// A stack with the depth of its well on the torus.
struct Well {
  std::vector<std::int64_t> answers;  ///< pair, twist, termination, u, v, thickness; u and v in steps of 1/36
  double depth;
};

/// Energies of a random table of pairs, twists and terminations, less wells of which the first is the deepest.
class Landscape {
 public:
  explicit Landscape(std::uint64_t seed) {
    Rng rng(seed, "landscape", 0);
    for (auto& one : levels_) one = rng.uniform(0.0, 0.6);
    for (int i = 0; i < 6; ++i) {
      std::vector<std::int64_t> answers;
      for (auto const count : {6, 9, 4, 36, 36, 5}) answers.push_back(rng.below(static_cast<std::uint64_t>(count)));
      wells_.push_back({answers, i == 0 ? 1.0 : 0.75});
    }
    auto const& best = wells_[0].answers;  // nothing is deeper than the first well
    for (auto const place : {best[0], 6 + best[1], 15 + best[2], 19 + (best[0] * 9 + best[1]) % 40}) {
      levels_[static_cast<std::size_t>(place)] = 0.0;
    }
  }
  double operator()(Design const& design) const {
    auto const& v = design.values;
    double value = levels_[v[0]] + levels_[6 + v[1]] + levels_[15 + v[2]] + levels_[19 + (v[0] * 9 + v[1]) % 40];
    for (auto const& well : wells_) {
      auto const far = std::abs(v[1] - well.answers[1]) + 0.5 * std::abs(v[5] - well.answers[5]) +
                       2 * ((v[0] != well.answers[0]) + (v[2] != well.answers[2]));
      auto const distance = away(design, well);
      value -= well.depth * std::exp(-static_cast<double>(far)) * (0.4 + std::exp(-18.0 * distance * distance));
    }
    return value;
  }
  /// The stack of the deepest well, its shift to a sixth of the cell.
  bool found(Design const& design) const {
    auto const& v = design.values;
    auto const& best = wells_[0].answers;
    return v[0] == best[0] && v[1] == best[1] && v[2] == best[2] && v[5] == best[5] &&
           away(design, wells_[0]) < 1.0 / 6;
  }

 private:
  static double away(Design const& design, Well const& well) {
    auto const part = [&](std::size_t i) {
      auto const x = static_cast<double>(design.values[i]) / torus_grid - static_cast<double>(well.answers[i]) / 36.0;
      return x - std::round(x);
    };
    return std::hypot(part(3), part(4));
  }
  std::array<double, 59> levels_{};
  std::vector<Well> wells_;
};

/// Evaluations until the planted optimum is met; `most` if it is not.
int evaluations_until_found(std::string const& name, std::uint64_t seed, int most) {
  Landscape const landscape(seed);
  EngineOptions options;
  options.engine = name;
  options.adapt = true;
  options.hops = 0.3;
  options.local_share = 0.5;
  bool found = false;
  Simulation search(read_space(five_factors), options, minimise(), seed, 1, [&](Observation& one) {
    found = found || landscape.found(one.design);
    one.objectives = {Estimate(landscape(one.design), 0.0, 1.0, "")};
  });
  int count = 0;
  while (!found && count < most && search.step()) ++count;
  return found ? count : most;
}

TEST(Planted, optimum_of_five_factors_is_found_within_a_tenth_of_the_exhaustive_count) {
  constexpr int most = exhaustive / 10;
  int swarm = 0, random = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    swarm += evaluations_until_found("auto", seed, most) < most ? 1 : 0;
    random += evaluations_until_found("random", seed, most) < most ? 1 : 0;
  }
  EXPECT_GE(swarm, 18);
  EXPECT_LT(random, 10);
}

/// The best value when so much work is spent; work goes as the third power of the atoms, from 1 to 100.
double best_for_work(bool tells_work, std::uint64_t seed, double most) {
  auto const space = box(3, 0, 1);
  double work = 0.0;
  Rng rng(seed, "valley", 0);
  std::vector<double> const centre{rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)};
  EngineOptions options;
  options.engine = "bo";
  Simulation search(space, options, minimise(), seed, 1, [&](Observation& one) {
    std::array<double, 3> x{};
    for (std::size_t i = 0; i < 3; ++i) x[i] = std::ldexp(static_cast<double>(one.design.values[i]), -44);
    auto const atoms = 1.0 + x[0] * (std::cbrt(100.0) - 1.0);
    auto const cost = atoms * atoms * atoms;
    work += cost;
    auto const y = x[1] - centre[0], z = x[2] - centre[1];
    auto const value =
        1.0 - std::exp(-8.0 * y * y) * std::cos(9.0 * y) - std::exp(-8.0 * z * z) + 0.05 * std::cos(6.0 * x[0]);
    one.objectives = {Estimate(value, 0.0, tells_work ? cost : 1.0, "")};
  });
  double best = 1e300;
  while (work < most) {
    search.step();
    if (work < most || best == 1e300) best = search.best();
  }
  return best;
}

TEST(Planted, optimum_is_nearer_for_the_same_work_where_work_is_learned) {
  int better = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto const knowing = best_for_work(true, seed, 700.0), blind = best_for_work(false, seed, 700.0);
    better += knowing <= blind + 1e-6 ? 1 : 0;
  }
  EXPECT_GE(better, 9);
}

/// Evaluations on the potential tier until the optimum is met, with a predictor on the tier below it.
int cost_with_predictor(double truth, std::uint64_t seed, int most) {
  Landscape const landscape(seed);
  EngineOptions options;
  options.engine = "swarm";
  options.adapt = true;
  options.hops = 0.3;
  options.local_share = 0.5;
  if (truth != 0.0) options.tiers = {Tier::descriptor, Tier::potential};
  bool found = false;
  Simulation search(read_space(five_factors), options, minimise(), seed, 1, [&](Observation& one) {
    bool const top = one.tier == Tier::potential;
    found = found || (top && landscape.found(one.design));
    one.objectives = {Estimate((top ? 1.0 : truth) * landscape(one.design), 0.0, 1.0, "")};
  });
  while (!found && static_cast<int>(search.archive.count(Tier::potential)) < most && search.step()) {
  }
  return static_cast<int>(search.archive.count(Tier::potential));
}

TEST(Planted, optimum_is_reached_in_spite_of_a_predictor_that_is_wrong) {
  constexpr int most = 4000;
  std::vector<int> unguided, guided, misled;
  for (std::uint64_t seed = 1; seed <= 11; ++seed) {
    unguided.push_back(cost_with_predictor(0.0, seed, most));
    guided.push_back(cost_with_predictor(1.0, seed, most));
    misled.push_back(cost_with_predictor(-1.0, seed, most));
  }
  for (auto* list : {&unguided, &guided, &misled}) std::ranges::sort(*list);
  EXPECT_LE(misled[5], 2 * unguided[5]);
  EXPECT_GE(std::ranges::count_if(misled, [](int count) { return count < most; }), 8) << "the optimum is still reached";
  EXPECT_LT(4 * guided[5], unguided[5]) << "a true predictor spares evaluations";
}

}  // namespace
}  // namespace nacre
