#include "nacre/campaign/check.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

#include "nacre/campaign/evaluate.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/md_tier.hpp"
#include "nacre/score/predictor_plugin.hpp"

namespace nacre {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t sampled_designs = 16;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The published results of earlier runs, if there are any.
std::unique_ptr<Store> published(std::filesystem::path const& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "published" / "campaign.db", ignored)) return nullptr;
  return std::make_unique<Store>(folder, Store::Mode::read);
}

void set_up(CampaignCheck& check, Domain& domain, Store const* store,
            std::function<void(std::string const&)> const& progress) {
  auto const start = Clock::now();
  for (auto tasks = domain.setup_tasks(); !tasks.empty(); tasks = domain.setup_tasks()) {
    for (auto const& task : tasks) {
      auto outcome = store ? store->setup(task.key) : std::nullopt;
      if (!outcome) {
        progress(task.key);
        outcome = domain.run_setup(task);
      }
      domain.absorb(task, *outcome);
      ++check.setup_tasks;
    }
  }
  check.setup_seconds = seconds_since(start);
}

std::vector<Design> sample(Space const& space, std::uint64_t seed) {
  std::vector<Design> designs;
  for (std::uint64_t i = 0; i < sampled_designs; ++i) {
    Rng rng(seed, "check", i);
    designs.push_back(random_design(space, rng));
  }
  return designs;
}

SampledRange range_of(std::vector<double> const& values) {
  SampledRange range{values.front(), 0.0, values.front()};
  for (auto const value : values) {
    range.lowest = std::min(range.lowest, value);
    range.highest = std::max(range.highest, value);
    range.mean += value / static_cast<double>(values.size());
  }
  return range;
}

/// What dynamics takes of a design that passes its gate, and whether its trajectories can give a value.
void note_dynamics(CampaignCheck& check, std::vector<Design> const& designs, Domain const& domain) {
  auto const& dynamics = check.config.dynamics;
  auto const used = [&](char const* name) {
    return std::ranges::any_of(check.config.objectives, [&](auto const& objective) { return objective.name == name; });
  };
  bool const g = used("contact_enhancement_md");
  if (!g && !used("log10_conductivity")) return;
  if (dynamics.production_ps < least_md_production_ps)
    check.notes.push_back(concat("[dynamics] production_ps = ", shortest(dynamics.production_ps), " is too short for any value: ",
                                 "lags from 5 ps on, twice as long blocks and five of them need ",
                                 shortest(least_md_production_ps), " ps"));
  if (!g) return;
  double one = 0.0, all = 0.0;
  for (auto const& design : designs) {
    auto const candidate = domain.describe(design);
    double const share = 1.0 / static_cast<double>(designs.size());
    double const rank = expected_md_work(candidate, {{dynamics.rank_temperature}, true, 0}, dynamics);
    one += share * rank;
    all += share * (expected_md_work(candidate, {dynamics.temperatures, true, 0}, dynamics) + 1.4 * rank);
  }
  double const hours = check.seconds_per_work.value_or(0.0) / 3600.0;
  auto const in_hours = [&](double work) {
    return hours > 0.0 ? significant(hours * work, 2) + " core-hours" : significant(work, 2) + " of work";
  };
  check.notes.push_back(concat("dynamics: ", in_hours(one), " of a design that ",
                               dynamics.gate ? "hops find faster at its contact (not in the time above)" : "is proposed",
                               ", ", in_hours(all), " of one that is faster by its error there, too"));
}

double expected_work(Domain const& domain, LoadedProblem const& loaded, Design const& design) {
  auto work = domain.expected_work(design, Tier::potential);
  auto const candidate = domain.describe(design);
  for (auto const& objective : loaded.objectives) {
    for (auto const& job : objective.objective->plan(candidate, Tier::potential)) work += job.expected_work;
  }
  return work;
}

/// What earlier runs took; nothing before a result with work is stored. Of proposals with jobs of their own the jobs
/// count, with the work that they did.
std::optional<double> measured_rate(Store const* store) {
  if (!store) return std::nullopt;
  double seconds = 0.0, work = 0.0;
  std::set<std::int64_t> with_jobs;
  auto const attempts = store->attempts();
  for (auto const& attempt : attempts) {
    if (attempt.proposal < 0 || attempt.outcome != "job") continue;
    seconds += attempt.seconds;
    if (!with_jobs.insert(attempt.proposal).second) continue;
    for (auto const& job : store->jobs(attempt.proposal)) work += job.work;
  }
  for (auto const& attempt : attempts) {
    bool const counts = attempt.proposal >= 0 && attempt.outcome == "done" && !with_jobs.contains(attempt.proposal);
    auto const proposal = counts ? store->proposal(attempt.proposal) : std::nullopt;
    if (!proposal || proposal->tier != Tier::potential) continue;
    seconds += attempt.seconds;
    work += proposal->expected_work;
  }
  return work > 0.0 ? std::optional(seconds / work) : std::nullopt;
}

/// Seconds per edge of the model, from the largest sampled stack that can be built.
std::optional<double> timed_rate(Potential const& potential, std::vector<Candidate> const& candidates) {
  Stack const* largest = nullptr;
  for (auto const& candidate : candidates) {
    if (candidate.stack && (!largest || candidate.stack->crystal.size() > largest->crystal.size())) {
      largest = candidate.stack.get();
    }
  }
  if (!largest) return std::nullopt;
  auto const start = Clock::now();
  auto const edges = potential.evaluate(largest->crystal).edges;
  return edges > 0 ? std::optional(seconds_since(start) / static_cast<double>(edges)) : std::nullopt;
}

double resident_MB() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void measure(CampaignCheck& check, Domain const& domain, std::vector<Design> const& designs, Store const* store) {
  std::vector<Candidate> candidates;
  std::vector<double> atoms;
  for (auto const& design : designs) {
    std::string reason;
    candidates.push_back(domain.build(design, reason));
    if (!reason.empty()) candidates.back().stack = nullptr;
    if (candidates.back().stack) atoms.push_back(static_cast<double>(candidates.back().stack->crystal.size()));
  }
  if (!atoms.empty()) check.atoms = range_of(atoms);
  auto const potential = domain.potential();
  auto const timed = potential ? timed_rate(*potential, candidates) : std::nullopt;
  auto const measured = measured_rate(store);
  check.seconds_per_work = measured ? measured : timed;
  check.memory_MB = resident_MB();
}

}  // namespace

void check_quantities(CampaignConfig const& config, Problem const& problem, Domain const& domain) {
  auto const candidate = domain.describe(sample(*domain.space(), config.seed).front());
  std::vector<std::string> known{"work_of_separation_J_per_m2", "z_separation_A", "stability_margin",
                                 "stability_margin_J_per_m2", "reaction_energy", "hull_distance",
                                 "interface_energy", "interface_energy_J_per_m2", "interface_energy_pair_mean_J_per_m2"};
  for (auto const& objective : problem.objectives) known.push_back(objective.name);
  for (auto const& [name, value] : candidate.descriptors) known.push_back(name);
  for (auto const& constraint : config.constraints) {
    require(std::find(known.begin(), known.end(), constraint.quantity) != known.end(), config.place(constraint.line),
            "unknown quantity '", constraint.quantity, "' in [[constraint]] (no objective, no descriptor)",
            did_you_mean(constraint.quantity, known));
  }
}

CampaignCheck check_campaign(std::filesystem::path const& folder,
                             std::function<void(std::string const&)> const& progress) {
  CampaignCheck check;
  check.config = read_campaign(folder);
  auto const loaded = LoadedProblem::load(check.config);
  check.problem = loaded.problem;
  if (check.config.search.screen > 0) load_predictor(check.config.search.predictor);
  auto const domain = make_domain(check.config);
  auto const store = published(folder);
  set_up(check, *domain, store.get(), progress);

  auto const space = domain->space();
  auto const designs = sample(*space, check.config.seed);
  check.sampled = static_cast<std::int64_t>(designs.size());
  check_quantities(check.config, check.problem, *domain);
  check.leaves = count_leaves(*space, most_leaves);
  for (auto const& node : nodes_along(*space, designs.front())) {
    if (node->kind == NodeKind::real || node->kind == NodeKind::torus) check.continuous.push_back(node->name);
  }
  // with screening every evaluation is preceded by a block, which is a proposal of its own
  check.evaluations = check.config.search.screen > 0 ? (check.config.run.budget + 1) / 2 : check.config.run.budget;
  check.references = static_cast<std::int64_t>(domain->references().size());
  std::vector<double> work;
  for (auto const& design : designs) work.push_back(expected_work(*domain, loaded, design));
  check.work = range_of(work);
  measure(check, *domain, designs, store.get());
  check.notes = domain->notes();
  note_dynamics(check, designs, *domain);
  return check;
}

}  // namespace nacre
