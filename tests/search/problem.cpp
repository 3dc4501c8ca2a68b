#include "nacre/search/problem.hpp"

#include "support/support.hpp"

namespace nacre {
namespace {

Problem two_objectives() {
  return {{{"cost", "", Direction::minimize, {}}, {"gain", "", Direction::maximize, {}}}, {{"strain", -0.01, 0.03}}};
}

Observation seen(std::int64_t proposal, double cost, double gain, double strain = 0.0) {
  return {
      proposal, {{proposal}}, Tier::potential, {Estimate(cost, 0.0, 1.0, ""), Estimate(gain, 0.0, 1.0, "")}, {strain}};
}

TEST(Dominates, needs_one_better_and_none_worse) {
  auto const problem = two_objectives();

  EXPECT_TRUE(dominates(problem, seen(0, 1, 5), seen(1, 2, 5)));
  EXPECT_TRUE(dominates(problem, seen(0, 1, 6), seen(1, 1, 5)));
  EXPECT_FALSE(dominates(problem, seen(0, 1, 5), seen(1, 1, 5)));
  EXPECT_FALSE(dominates(problem, seen(0, 1, 4), seen(1, 2, 5)));
}

TEST(Feasible, needs_every_constraint_known_and_kept) {
  auto const problem = two_objectives();

  EXPECT_TRUE(feasible(problem, seen(0, 1, 1, 0.03)));
  EXPECT_FALSE(feasible(problem, seen(0, 1, 1, 0.031)));
  EXPECT_FALSE(feasible(problem, seen(0, 1, 1, -0.02)));
  EXPECT_FALSE(feasible(problem, seen(0, 1, 1, std::nan(""))));
}

TEST(Archive, keeps_the_front_free_of_dominated_failed_and_infeasible_designs) {
  Archive archive(two_objectives());
  archive.observe(seen(0, 2, 2));
  archive.observe(seen(1, 1, 1));
  archive.observe(seen(2, 3, 1));       // dominated
  archive.observe(seen(3, 0, 9, 0.5));  // infeasible
  auto failed = seen(4, 0, 0);
  failed.objectives[1] = Estimate::without_value(Status::failed, "not_converged");
  archive.observe(failed);
  auto bound = seen(5, 0, 9);
  bound.objectives[0].status = Status::bound;
  archive.observe(bound);
  auto screened = seen(6, 0, 9);
  screened.tier = Tier::descriptor;
  archive.observe(screened);
  archive.observe(seen(7, 1.5, 2.5));  // dominates the first

  auto const front = archive.pareto(Tier::potential);

  ASSERT_EQ(front.size(), 2u);
  EXPECT_EQ(front[0]->proposal, 1);
  EXPECT_EQ(front[1]->proposal, 7);
  EXPECT_EQ(archive.count(Tier::potential), 7u);
  EXPECT_EQ(archive.find(Design{{6}}.id(), Tier::potential), nullptr);
  EXPECT_EQ(archive.find(Design{{6}}.id(), Tier::descriptor)->proposal, 6);
}

}  // namespace
}  // namespace nacre
