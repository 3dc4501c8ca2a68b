#include <gmock/gmock.h>

#include <cstdlib>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/score/plugin.hpp"
#include "support/objective_conformance.hpp"

namespace nacre {
namespace {

using units::pi;

class Analytic : public testing::Test {
 protected:
  Estimate evaluate(Candidate const& candidate, Tier tier = Tier::potential) const {
    test::FakeContext context(tier);
    context.candidate_value = candidate;
    return evaluate_guarded(*objective, context);
  }
  std::shared_ptr<Objective const> objective = load_objective("analytic").objective;
};

TEST_F(Analytic, has_the_planted_optimum) {
  auto const best = evaluate(test::analytic_candidate(pi, 2.275, 1, 0.25, 0.6));

  // Branin's minimum, 10/(8 pi); rounding of cos and of the squares
  EXPECT_NEAR(best.value, 10.0 / (8.0 * pi), 1e-12);
  EXPECT_EQ(best.standard_error, 0.0);
}

TEST_F(Analytic, is_nowhere_below_its_optimum) {
  Rng rng(7, "test", 0);
  for (int i = 0; i < 2000; ++i) {
    auto const candidate = test::analytic_candidate(rng.uniform(-5.0, 10.0), rng.uniform(0.0, 15.0),
                                                    static_cast<int>(rng.below(3)), rng.uniform(), rng.uniform());
    if (auto const estimate = evaluate(candidate); estimate.ok()) {
      EXPECT_GT(estimate.value, 10.0 / (8.0 * pi));
    }
  }
}

TEST_F(Analytic, sets_the_other_minima_of_branin_apart) {
  // (9.42478 - pi)^2 / 50 = 0.789568
  EXPECT_NEAR(evaluate(test::analytic_candidate(3.0 * pi, 2.475, 1, 0.25, 0.6)).value, 0.397887 + 0.789568, 1e-6);
}

TEST_F(Analytic, is_periodic_in_the_shift_and_moves_its_well_with_the_phase) {
  auto const value = [&](int phase, double u, double v) {
    return evaluate(test::analytic_candidate(pi, 2.275, phase, u, v)).value;
  };

  EXPECT_NEAR(value(1, 0.1, 0.2), value(1, 1.1, -0.8), 1e-12);
  EXPECT_NEAR(value(2, 0.62, 0.71) - value(1, 0.25, 0.6), 1.0, 1e-12);
  EXPECT_NEAR(value(1, 0.75, 0.1) - value(1, 0.25, 0.6), 4.0, 1e-12);
}

TEST_F(Analytic, fails_in_a_known_region_with_a_reason) {
  auto const estimate = evaluate(test::analytic_candidate(-pi + 1.0, 12.275 + 1.0, 1, 0.25, 0.6));

  EXPECT_EQ(estimate.status, Status::failed);
  EXPECT_THAT(estimate.reason, testing::StartsWith("not_converged"));
  EXPECT_GT(estimate.work, 0.0);
  EXPECT_TRUE(evaluate(test::analytic_candidate(-pi + 1.1, 12.275 + 1.1, 1, 0.25, 0.6)).ok());
}

TEST_F(Analytic, spreads_the_work_of_its_designs) {
  double smallest = 1e12, largest = 0.0;
  for (int i = 0; i < 100; ++i) {
    auto const jobs = objective->plan(test::analytic_candidate(0.1 * i, 1.0, 0, 0.0, 0.0), Tier::potential);
    smallest = std::min(smallest, jobs.at(0).expected_work);
    largest = std::max(largest, jobs.at(0).expected_work);
  }

  EXPECT_GE(smallest, 1e6);
  EXPECT_LE(largest, 1.6e7);
  EXPECT_GT(largest / smallest, 8.0);  // 100 draws over a range of 16 miss more than half of it once in 1e30
}

TEST_F(Analytic, lingering_changes_nothing) {
  auto const candidate = test::analytic_candidate(2.0, 3.0, 0, 0.5, 0.5);
  auto const quick = evaluate(candidate);
  setenv("NACRE_ANALYTIC_SLEEP_MS", "3", 1);
  auto const slow = evaluate(candidate);
  setenv("NACRE_ANALYTIC_SLEEP_MS", "soon", 1);
  auto const refused = evaluate(candidate);
  unsetenv("NACRE_ANALYTIC_SLEEP_MS");

  EXPECT_EQ(slow.value, quick.value);
  EXPECT_EQ(slow.work, quick.work);
  EXPECT_THAT(refused.reason, testing::HasSubstr("NACRE_ANALYTIC_SLEEP_MS='soon'"));
}

}  // namespace
}  // namespace nacre
