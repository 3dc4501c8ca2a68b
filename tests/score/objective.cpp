#include "nacre/score/objective.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "support/objective_conformance.hpp"

namespace nacre {
namespace {

using testing::HasSubstr;

/// Does what a test tells it to.
class Scripted : public Objective {
 public:
  explicit Scripted(std::function<JobResult(Job const&, Context&)> body) : body_(std::move(body)) {}
  Info info() const override { return {"scripted", "1", Direction::minimize, {Tier::potential}, "what a test needs"}; }
  JobResult run(Job const& job, Context& context) const override { return body_(job, context); }

 private:
  std::function<JobResult(Job const&, Context&)> body_;
};

JobResult answer(double value, double standard_error = 0.0) {
  return {Estimate(value, standard_error, 3.0, sha256_hex("scripted")), {}};
}

Estimate run(std::function<JobResult(Job const&, Context&)> body, Tier tier = Tier::potential) {
  test::FakeContext context(tier);
  return evaluate_guarded(Scripted(std::move(body)), context);
}

TEST(Objective, by_default_has_one_job_and_gives_its_estimate) {
  auto const estimate = run([](Job const& job, Context&) { return answer(static_cast<double>(job.number) + 7.0); });

  EXPECT_TRUE(estimate.ok());
  EXPECT_EQ(estimate.value, 7.0);
}

TEST(Objective, that_throws_is_a_failed_estimate_with_its_message) {
  auto const ours = run([](Job const&, Context&) -> JobResult { throw InputError("no such element"); });
  auto const theirs = run([](Job const&, Context&) -> JobResult { throw std::out_of_range("far"); });
  auto const unknown = run([](Job const&, Context&) -> JobResult { throw 7; });

  EXPECT_EQ(ours.status, Status::failed);
  EXPECT_EQ(ours.reason, "exception: no such element");
  EXPECT_EQ(theirs.reason, "exception: far");
  EXPECT_EQ(unknown.reason, "exception: of an unknown type");
}

TEST(Objective, that_was_asked_to_stop_has_no_result) {
  EXPECT_THROW(run([](Job const&, Context&) -> JobResult { throw Stopped("asked to stop"); }), Stopped);
}

TEST(Objective, without_error_or_with_a_value_that_is_not_finite_failed) {
  double const nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_THAT(run([&](Job const&, Context&) { return answer(nan); }).reason, HasSubstr("not_finite"));
  EXPECT_THAT(run([&](Job const&, Context&) { return answer(1.0, nan); }).reason, HasSubstr("no_standard_error"));
  EXPECT_THAT(run([&](Job const&, Context&) { return answer(1.0, -1.0); }).reason, HasSubstr("no_standard_error"));
  EXPECT_EQ(run([&](Job const&, Context&) { return answer(nan); }).work, 3.0);
}

TEST(Objective, is_refused_on_a_tier_that_it_does_not_give) {
  auto const estimate = run([](Job const&, Context&) { return answer(1.0); }, Tier::dft);

  EXPECT_EQ(estimate.status, Status::refused);
  EXPECT_EQ(estimate.reason, "tier_not_given: 'scripted' has no dft tier");
}

/// Two jobs, averaged, the second of which breaks if told so.
class TwoJobs final : public Scripted {
 public:
  explicit TwoJobs(bool second_breaks)
      : Scripted([second_breaks](Job const& job, Context&) -> JobResult {
          if (second_breaks && job.number == 1) throw Error("broke");
          return answer(static_cast<double>(job.number));
        }) {}
  std::vector<Job> plan(Candidate const&, Tier) const override { return {Job{0, "a", 1.0, {}}, Job{1, "b", 1.0, {}}}; }
  Estimate reduce(Candidate const&, std::span<JobResult const> results) const override {
    for (auto const& result : results) {
      if (!result.estimate.ok()) throw Error("a job failed: " + result.estimate.reason);
    }
    return Estimate(0.5 * (results[0].estimate.value + results[1].estimate.value), 0.5, 6.0, sha256_hex("two"));
  }
};

TEST(Objective, reduces_its_jobs_and_counts_the_work_of_a_failure) {
  test::FakeContext context(Tier::potential);

  EXPECT_EQ(evaluate_guarded(TwoJobs(false), context).value, 0.5);
  auto const failed = evaluate_guarded(TwoJobs(true), context);
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_EQ(failed.reason, "exception: a job failed: exception: broke");
  EXPECT_EQ(failed.work, 3.0);
}

/// A first job, and a dearer one where the first promises.
class TwoPrices final : public Scripted {
 public:
  explicit TwoPrices(double first)
      : Scripted([first](Job const& job, Context&) {
          auto result = answer(job.number == 0 ? first : 10.0 * first, 0.25);
          result.details["price_" + std::to_string(job.number + 1)] = result.estimate;
          result.words = concat("after job ", job.number);
          return result;
        }) {}
  std::vector<Job> next(Candidate const&, std::span<JobResult const> results) const override {
    if (results.size() > 1 || results[0].estimate.value < 0.0) return {};
    return {Job{results.size(), "dear", 1.0, {}}};
  }
  Estimate reduce(Candidate const&, std::span<JobResult const> results) const override { return results.back().estimate; }
};

TEST(Objective, goes_on_to_dearer_jobs_where_the_first_ones_promise) {
  test::FakeContext context(Tier::potential);

  auto const good = answer_guarded(TwoPrices(1.0), context), poor = answer_guarded(TwoPrices(-1.0), context);

  EXPECT_EQ(good.estimate.value, 10.0);
  EXPECT_EQ(good.details.size(), 2u);
  EXPECT_EQ(good.details.at("price_1").value, 1.0);
  EXPECT_EQ(good.words, "after job 1");
  EXPECT_EQ(poor.estimate.value, -1.0);
  EXPECT_EQ(poor.details.size(), 1u);
  EXPECT_EQ(poor.words, "after job 0");
}

TEST(Candidate, knows_its_choices_and_descriptors) {
  auto candidate = test::analytic_candidate(1.0, 2.0, 0, 0.25, 0.5);
  candidate.descriptors = {{"area_A2", 12.5}};

  EXPECT_EQ(candidate.choice("shift").second, 0.5);
  EXPECT_EQ(candidate.descriptor("area_A2"), 12.5);
  EXPECT_TRUE(std::isnan(candidate.descriptor("gap_A")));
  try {
    candidate.choice("phse");
    FAIL() << "found";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'phase'?"));
  }
}

}  // namespace
}  // namespace nacre
