// Seconds that Bayesian optimisation takes for a suggestion: 6 mixed variables, one core, n results known, so many
// points pending, on so many tiers.
#include <benchmark/benchmark.h>

#include <cmath>
#include <ctime>

#include "search/simulation.hpp"

namespace {

using nacre::Observation;
using nacre::Tier;
using nacre::test::Simulation;

char const six_variables[] = R"(
[[variable]]
name = "a"
kind = "categorical"
choices = [1, 2, 3]
[[variable]]
name = "b"
kind = "categorical"
choices = [1, 2, 3, 4]
[[variable]]
name = "w"
kind = "real"
range = [0, 1]
[[variable]]
name = "x"
kind = "real"
range = [0, 1]
[[variable]]
name = "y"
kind = "real"
range = [0, 1]
[[variable]]
name = "z"
kind = "ordered"
values = [1, 2, 3, 4, 5, 6, 7, 8]
)";

void evaluate(Observation& one) {
  auto const& v = one.design.values;
  double sum = std::cos(static_cast<double>(v[0])) + 0.1 * static_cast<double>(v[1]);
  for (std::size_t i = 2; i < 5; ++i) sum += std::pow(std::ldexp(static_cast<double>(v[i]), -44) - 0.4, 2);
  one.objectives = {nacre::Estimate(sum + 0.01 * static_cast<double>(v[5]), 0.0, 1.0, "")};
}

/// A search that knows random designs, has its initial ones behind it and its first model fitted.
Simulation search_with(std::int64_t known, std::size_t pending, bool two_tiers) {
  auto const space = nacre::test::read_space(six_variables);
  nacre::EngineOptions options;
  options.engine = "bo";
  options.screen = 1;
  if (two_tiers) options.tiers = {Tier::descriptor, Tier::potential};
  Simulation search(space, options, nacre::test::minimise(), 1, pending + 1, evaluate);
  nacre::Rng rng(1, "designs", 0);
  for (std::int64_t i = 0; i < known; ++i) {
    Observation one;
    one.proposal = -2;
    one.tier = two_tiers && i % 2 == 0 ? Tier::descriptor : Tier::potential;
    one.design = nacre::random_design(*space, rng);
    evaluate(one);
    search.proposed.emplace(one.design.id(), one.tier);
    search.archive.observe(std::move(one));
  }
  search.run(static_cast<int>(pending) + 20);
  return search;
}

/// Mean over as many suggestions as there are between two fits of the model, so that one fit is in it.
void suggestion(benchmark::State& state) {
  auto search = search_with(state.range(0), static_cast<std::size_t>(state.range(1)), state.range(2) > 1);
  auto const rounds = std::max<std::int64_t>(state.range(0) > 2000 ? 50 : state.range(0) / 10, 1);
  for (auto _ : state) {
    auto const start = std::clock();  // of the processor: others may have work, too
    search.run(static_cast<int>(rounds));
    auto const seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    state.SetIterationTime(seconds / static_cast<double>(rounds));
  }
}
BENCHMARK(suggestion)
    ->Args({100, 0, 1})
    ->Args({500, 0, 1})
    ->Args({1000, 0, 1})
    ->Args({1000, 16, 1})
    ->Args({1000, 64, 1})
    ->Args({1000, 16, 2})
    ->Args({1800, 0, 1})
    ->Args({1800, 16, 1})
    ->Args({1800, 64, 1})
    ->Args({10'000, 0, 1})
    ->Args({10'000, 64, 1})
    ->UseManualTime()
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
