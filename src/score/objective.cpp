#include "nacre/score/objective.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// Calls `body`; an exception goes to `on_failure` as its message.
template <class Body, class OnFailure>
auto guarded(Body const& body, OnFailure const& on_failure) -> decltype(body()) {
  try {
    return body();
  } catch (Stopped const&) {
    throw;
  } catch (std::exception const& error) {
    return on_failure(std::string("exception: ") + error.what());
  } catch (...) {
    return on_failure(std::string("exception: of an unknown type"));
  }
}

Estimate failure(std::string reason, double work = 0.0) {
  return Estimate::without_value(Status::failed, std::move(reason), work);
}

Estimate refused_tier(Info const& info, Tier tier) {
  return Estimate::without_value(Status::refused,
                                 concat("tier_not_given: '", info.name, "' has no ", to_string(tier), " tier"));
}

/// Never a bare number: a value that is not finite or has no error is a failure with a reason.
Estimate checked(Estimate estimate) {
  if (!std::isfinite(estimate.work) || estimate.work < 0.0) {
    return failure(concat("invalid_work: ", estimate.work, " (must be finite and not negative)"));
  }
  if (!estimate.ok()) return estimate;
  if (!std::isfinite(estimate.value)) return failure(concat("not_finite: value ", estimate.value), estimate.work);
  if (!std::isfinite(estimate.standard_error) || estimate.standard_error < 0.0) {
    return failure(concat("no_standard_error: ", estimate.standard_error, " (must be finite and not negative)"),
                   estimate.work);
  }
  return estimate;
}

void require_numbers(std::vector<Job> const& jobs, std::size_t first) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].number != first + i) throw Error(concat("job ", first + i, " of the plan has number ", jobs[i].number));
  }
}

}  // namespace

Info::Info(std::string name_, std::string unit_, Direction direction_, std::vector<Tier> tiers_, std::string summary_)
    : name(std::move(name_)),
      unit(std::move(unit_)),
      direction(direction_),
      tiers(std::move(tiers_)),
      summary(std::move(summary_)) {}
Info::~Info() = default;
Info::Info(Info const&) = default;

Context::~Context() = default;

std::filesystem::path Context::scratch() const { return {}; }

Superlattice const& Context::superlattice(int) { input_error("there are no layers to make a superlattice of"); }

Objective::~Objective() = default;

void Objective::configure(ObjectiveSettings const&) {}

std::vector<Job> Objective::plan(Candidate const&, Tier) const { return {Job{}}; }

std::vector<Job> Objective::next(Candidate const&, std::span<JobResult const>) const { return {}; }

Estimate Objective::reduce(Candidate const&, std::span<JobResult const> results) const {
  if (results.size() != 1) throw Error(concat("'", info().name, "' has ", results.size(), " results and no reduce"));
  return results.front().estimate;
}

bool gives(Info const& info, Tier tier) { return std::ranges::find(info.tiers, tier) != info.tiers.end(); }

Plan plan_guarded(Objective const& objective, Candidate const& candidate, Tier tier) {
  return guarded(
      [&] {
        if (auto const info = objective.info(); !gives(info, tier)) return Plan{{}, refused_tier(info, tier)};
        auto jobs = objective.plan(candidate, tier);
        require_numbers(jobs, 0);
        if (jobs.empty()) return Plan{{}, failure("no_jobs: the plan is empty")};
        return Plan{std::move(jobs), {}};
      },
      [](std::string reason) {
        return Plan{{}, failure(std::move(reason))};
      });
}

JobResult run_guarded(Objective const& objective, Job const& job, Context& context) {
  return guarded(
      [&] {
        if (auto const info = objective.info(); !gives(info, context.tier())) {
          return JobResult{refused_tier(info, context.tier()), {}};
        }
        auto result = objective.run(job, context);
        result.estimate = checked(std::move(result.estimate));
        return result;
      },
      [&](std::string reason) { return job_without_result(job, Status::failed, std::move(reason)); });
}

JobResult job_without_result(Job const& job, Status status, std::string const& reason) {
  return {Estimate::without_value(status, reason), job.parameters};
}

Estimate reduce_guarded(Objective const& objective, Candidate const& candidate, std::span<JobResult const> results) {
  double work = 0.0;
  for (auto const& result : results) work += result.estimate.work;
  return guarded([&] { return checked(objective.reduce(candidate, results)); },
                 [&](std::string reason) { return failure(std::move(reason), work); });
}

Plan next_guarded(Objective const& objective, Candidate const& candidate, std::span<JobResult const> results) {
  return guarded(
      [&] {
        auto jobs = objective.next(candidate, results);
        require_numbers(jobs, results.size());
        return Plan{std::move(jobs), {}};
      },
      [](std::string reason) {
        return Plan{{}, failure(std::move(reason))};
      });
}

namespace {

/// The next round: of the plan, or what the results make worthwhile.
Plan round_after(Objective const& objective, Context& context, std::span<JobResult const> results) {
  if (results.empty()) return plan_guarded(objective, context.candidate(), context.tier());
  return next_guarded(objective, context.candidate(), results);
}

Answer answer_of(Objective const& objective, Context& context, Study const& study, Estimate const& failure) {
  Answer answer;
  for (auto const& result : study.results) {
    for (auto const& [name, estimate] : result.details) answer.details[name] = estimate;
    if (!result.words.empty()) answer.words = result.words;
  }
  bool const broken = study.results.empty() || failure.reason.starts_with("exception: ");
  answer.estimate = broken ? failure : reduce_guarded(objective, context.candidate(), study.results);
  return answer;
}

std::optional<Answer> advance(Objective const& objective, Context& context, Study& study, bool all_here) {
  for (;;) {
    auto plan = round_after(objective, context, study.results);
    if (plan.jobs.empty()) return answer_of(objective, context, study, plan.failure);
    bool const separate = std::ranges::any_of(plan.jobs, &Job::separate);
    if (separate && !all_here) {
      study.open = std::move(plan.jobs);
      return std::nullopt;
    }
    for (auto const& job : plan.jobs) study.results.push_back(run_guarded(objective, job, context));
  }
}

}  // namespace

std::optional<Answer> advance_guarded(Objective const& objective, Context& context, Study& study) {
  study.open.clear();
  return advance(objective, context, study, false);
}

Answer answer_guarded(Objective const& objective, Context& context) {
  Study study;
  return *advance(objective, context, study, true);
}

Estimate evaluate_guarded(Objective const& objective, Context& context) {
  return answer_guarded(objective, context).estimate;
}

}  // namespace nacre
