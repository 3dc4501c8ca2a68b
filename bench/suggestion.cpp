// Seconds that Bayesian optimisation takes for a suggestion: 6 mixed variables, one core, n results known, so many
// points pending, on so many tiers.
#include <benchmark/benchmark.h>

#include <cmath>
#include <ctime>
#include <deque>
#include <set>

#include "nacre/search/swarm.hpp"
#include "nacre/search/variables.hpp"

namespace {

using nacre::Tier;

char const space_file[] = R"(
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

struct Search {
  Search(std::int64_t known, std::size_t pending, bool two_tiers) : most_pending(pending) {
    auto const file = nacre::Value::parse_toml(space_file, "SPACE.toml");
    space = nacre::make_variable_space(file.at("variable"), nacre::Value(), "SPACE.toml");
    nacre::EngineOptions options;
    options.engine = "bo";
    options.screen = 1;
    if (two_tiers) options.tiers = {Tier::descriptor, Tier::potential};
    proposer = nacre::make_proposer(space, options);
    nacre::Problem problem;
    problem.objectives.push_back({"f", "", nacre::Direction::minimize, {}});
    archive = std::make_unique<nacre::Archive>(problem);
    nacre::Rng rng(1, "designs", 0);
    while (archive->all().size() < static_cast<std::size_t>(known)) {
      auto const tier = two_tiers && archive->all().size() % 2 == 0 ? Tier::descriptor : Tier::potential;
      tell(-2, tier, nacre::random_design(*space, rng));
    }
    for (std::size_t i = 0; i < 20 + pending; ++i) suggest();  // the initial designs, and the first fit of the model
  }
  void tell(std::int64_t proposal, Tier tier, nacre::Design const& design) {
    nacre::Observation one;
    one.proposal = proposal;
    one.tier = tier;
    one.design = design;
    double sum = std::cos(static_cast<double>(design.values[0])) + 0.1 * static_cast<double>(design.values[1]);
    for (std::size_t i = 2; i < 5; ++i)
      sum += std::pow(std::ldexp(static_cast<double>(design.values[i]), -44) - 0.4, 2);
    one.objectives = {nacre::Estimate(sum + 0.01 * static_cast<double>(design.values[5]), 0.0, 1.0, "")};
    proposed.emplace(design.id(), tier);
    archive->observe(one);
  }
  void suggest() {
    auto const proposal = proposer->propose(number, *archive, proposed, nacre::Rng(1, "propose", 0));
    proposed.emplace(proposal->designs[0].id(), proposal->tier);
    pending.emplace_back(number++, *proposal);
    if (pending.size() <= most_pending) return;
    tell(pending.front().first, pending.front().second.tier, pending.front().second.designs[0]);
    pending.pop_front();
  }
  std::shared_ptr<nacre::VariableSpace const> space;
  std::unique_ptr<nacre::Proposer> proposer;
  std::unique_ptr<nacre::Archive> archive;
  std::set<std::pair<nacre::Hash128, Tier>> proposed;
  std::deque<std::pair<std::int64_t, nacre::Proposal>> pending;
  std::size_t most_pending;
  std::int64_t number = 0;
};

/// Mean over as many suggestions as there are between two fits of the model, so that one fit is in it.
void suggestion(benchmark::State& state) {
  Search search(state.range(0), static_cast<std::size_t>(state.range(1)), state.range(2) > 1);
  auto const rounds = std::max<std::int64_t>(state.range(0) > 2000 ? 50 : state.range(0) / 10, 1);
  for (auto _ : state) {
    auto const start = std::clock();  // of the processor: others may have work, too
    for (std::int64_t i = 0; i < rounds; ++i) search.suggest();
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
