#include "nacre/campaign/progress.hpp"

namespace nacre {
namespace {

Observation seen(std::vector<double> const& values) {
  Observation one;
  for (double const value : values) one.objectives.emplace_back(value, 0.0, 1.0, "model");
  return one;
}

Problem two_objectives() {
  return {{{"work", "J/m^2", Direction::maximize, 0.0}, {"strain", "1", Direction::minimize, 4.0}}, {}};
}

TEST(Progress, says_what_is_done_what_is_best_and_what_is_left) {
  Progress progress;
  progress.proposed = 120;
  progress.budget = 400;
  progress.tiers = {{Tier::descriptor, 72, 0}, {Tier::potential, 48, 2}};
  progress.best = {"work 1.5 J/m^2", "strain 0.1"};
  progress.hypervolume = 12.3456;
  progress.busy = 3;
  progress.workers = 4;
  progress.seconds_left = 125.0;

  EXPECT_EQ(progress_line(progress),
            "120/400 proposals, 72 screened, 48 evaluated (2 failed), best work 1.5 J/m^2, strain 0.1, "
            "hypervolume 12.35, 3 of 4 ranks busy, 2 min left");
}

TEST(Progress, says_nothing_of_what_is_not_known) {
  Progress progress;
  progress.budget = 10;
  progress.workers = 1;

  EXPECT_EQ(progress_line(progress), "0/10 proposals, 0 of 1 ranks busy");
}

TEST(Progress, names_times_by_their_two_largest_units) {
  EXPECT_EQ(duration_words(0.2), "1 s");
  EXPECT_EQ(duration_words(59.0), "59 s");
  EXPECT_EQ(duration_words(90.0), "2 min");
  EXPECT_EQ(duration_words(7800.0), "2 h 10 min");
  EXPECT_EQ(duration_words(7200.0), "2 h");
  EXPECT_EQ(duration_words(273600.0), "3 d 4 h");
}

TEST(Progress, takes_the_best_of_each_objective_in_its_direction) {
  auto const problem = two_objectives();
  auto const a = seen({1.0, 1.0}), b = seen({3.0, 2.0});

  EXPECT_EQ(best_words(problem, {&a, &b}), (std::vector<std::string>{"work 3 J/m^2", "strain 1"}));
  EXPECT_TRUE(best_words(problem, {}).empty());
}

TEST(Progress, measures_the_front_below_the_references) {
  auto const a = seen({1.0, 1.0}), b = seen({3.0, 2.0});
  auto problem = two_objectives();

  EXPECT_DOUBLE_EQ(hypervolume_of(problem, {&a, &b}).value(), 1.0 * 3.0 + 2.0 * 2.0);  // two steps of a staircase
  problem.objectives[1].reference.reset();
  EXPECT_FALSE(hypervolume_of(problem, {&a, &b}));
}

}  // namespace
}  // namespace nacre
