#include "nacre/campaign/design_dynamics.hpp"

#include <atomic>

#include "evaluation_context.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/score/md_tier.hpp"

namespace nacre {
namespace {

/// As the run made it, from what the run stored.
std::unique_ptr<Domain> stored_domain(CampaignConfig const& config, Store const& store) {
  auto domain = make_domain(config);
  for (auto tasks = domain->setup_tasks(); !tasks.empty(); tasks = domain->setup_tasks()) {
    for (auto const& task : tasks) {
      auto const outcome = store.setup(task.key);
      require(outcome.has_value(), "the set-up of '", config.folder.string(), "' is not complete ('", task.key,
              "' is missing); let nacre run finish it");
      domain->absorb(task, *outcome);
    }
  }
  return domain;
}

/// Runs the steps before the trajectories; the first trajectory.
Job first_trajectory(detail::EvaluationContext& context, double temperature, MdTierOptions const& options,
                     std::function<bool()> const& stop, std::function<void(std::string const&)> const& progress) {
  std::vector<JobResult> results;
  std::array const wanted{MdRequest{{temperature}, false, 0}};
  for (;;) {
    auto const jobs = md_next(context.candidate(), wanted, results, options);
    require(!jobs.empty(), "the design gives no trajectory");
    for (auto const& job : jobs) {
      if (job.texts.contains("crystal") && job.parameters.contains("strain")) return job;
      if (progress) progress(job.key);
      results.push_back(run_md_job(job, context, options));
      auto const& estimate = results.back().estimate;
      if (estimate.status == Status::cancelled || (stop && stop())) throw Stopped("stopped before the trajectory began");
      require(estimate.ok(), "dynamics of this design is not possible (", job.key, ": ", estimate.reason, ")");
    }
  }
}

}  // namespace

DesignStart design_for_dynamics(std::filesystem::path const& folder, Hash128 const& design, double temperature,
                                std::function<bool()> const& stop,
                                std::function<void(std::string const&)> const& progress) {
  auto const config = read_campaign(folder);
  require(config.space == "stacks", "the designs of '", folder.string(), "' have no atoms (its space is '", config.space,
          "')");
  Store const store(folder, Store::Mode::read);
  auto const domain = stored_domain(config, store);
  auto const proposal = store.find_design(design, Tier::potential);
  require(proposal.has_value(), "no design ", design.hex(), " on the potential tier of '", folder.string(), "'");
  auto const outcome = store.outcome(*proposal, Store::Detail::without_structures);
  for (auto const& evaluated : outcome->designs) {
    if (evaluated.design.id() != design) continue;
    std::string reason;
    auto const candidate = domain->build(evaluated.design, reason);
    require(reason.empty(), "the design cannot be built (", reason, ")");
    std::atomic<bool> const never = false;
    ContactCache cache;
    detail::EvaluationContext context(config, candidate, Tier::potential, domain->potential(), cache, *proposal, never);
    auto options = config.dynamics;
    options.arrangements = options.seeds = 1;
    auto const start = md_start(first_trajectory(context, temperature, options, stop, progress));
    auto model = domain->potential()->with_accuracy(options.accuracy);
    return {evaluated.words, start.crystal, start.layer, model ? model : domain->potential()};
  }
  input_error("no design ", design.hex(), " in '", folder.string(), "'");
}

}  // namespace nacre
