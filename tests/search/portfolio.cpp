// The portfolio of minimisers, through the engines "auto" and "cmaes".
#include "nacre/core/error.hpp"
#include "nacre/search/swarm.hpp"
#include "search/simulation.hpp"
#include "support/support.hpp"
#include "support/test_functions.hpp"

namespace nacre {
namespace {

using test::box;
using test::minimise;
using test::on_box;
using test::Simulation;
using test::TestFunction;

EngineOptions engine(std::string const& name) {
  EngineOptions options;
  options.engine = name;
  return options;
}

/// Share of 51 targets, 1e2 to 1e-8, that `name` meets on a test function within `budget` evaluations.
double share_of_targets(std::string const& name, TestFunction const& function, int dimensions, int budget) {
  auto const space = box(dimensions, -5, 5);
  Simulation simulation(space, engine(name), minimise(), 1, 1, on_box(space, [&](std::vector<double> const& x) {
                          return function(Eigen::VectorXd::Map(x.data(), static_cast<Eigen::Index>(x.size())));
                        }));
  simulation.run(budget + 1);
  auto const gap = simulation.best() - function.offset();
  int met = 0;
  for (int i = 0; i < 51; ++i) met += gap <= std::pow(10.0, 2.0 - 0.2 * i) ? 1 : 0;
  return met / 51.0;
}

TEST(TestFunctions, have_their_minimum_where_they_say) {
  Rng rng(1, "anywhere", 0);
  for (int number = 1; number <= TestFunction::count; ++number) {
    for (int const dimensions : {2, 7}) {
      TestFunction const function(number, dimensions, 3);
      EXPECT_NEAR(function(function.optimum()), function.offset(), 1e-9) << function.name(number);
      for (int i = 0; i < 200; ++i) {
        Eigen::VectorXd x(dimensions);
        for (auto& value : x) value = rng.uniform(-5, 5);
        EXPECT_GT(function(x), function.offset()) << function.name(number);
      }
    }
  }
}

// Offsets of the first instances, as every published table of the BBOB set has them.
TEST(TestFunctions, have_the_published_instances) {
  std::vector<double> const offsets{79.48,  -209.88, -462.09, -462.09, -9.21, 35.9,   92.94, 149.15,
                                    123.83, -54.94,  76.27,   -621.11, 29.97, -52.35, 1000,  71.35,
                                    -16.94, -16.94,  -102.55, -546.5,  40.78, -1000,  6.87,  102.61};
  Rng rng(1, "anywhere", 0);
  for (int number = 1; number <= 24; ++number) {
    auto const function = TestFunction::published(number, 5, 1);
    EXPECT_EQ(function.offset(), offsets[static_cast<std::size_t>(number - 1)]) << function.name(number);
    EXPECT_NEAR(function(function.optimum()), function.offset(), 1e-9) << function.name(number);
    for (int i = 0; i < 100; ++i) {
      Eigen::VectorXd x(5);
      for (auto& value : x) value = rng.uniform(-5, 5);
      EXPECT_GT(function(x), function.offset()) << function.name(number);
    }
  }
}

// docs/search.md has the shares over five instances; here one instance and a budget of 200 D
TEST(Auto, meets_most_targets_of_smooth_functions_early) {
  double sum = 0.0;
  for (int const number : {1, 2, 3, 5, 6, 8, 9, 10, 14}) {
    sum += share_of_targets("auto", TestFunction(number, 5, 1), 5, 1000);
  }
  EXPECT_GE(sum / 9, 0.65);  // a restarted simplex meets less than half of them
}

TEST(Auto, finds_the_best_of_many_minima) {
  double sum = 0.0;
  for (int const number : {3, 15, 17, 20, 21, 22, 28}) {
    sum += share_of_targets("auto", TestFunction(number, 2, 1), 2, 4000);
  }
  EXPECT_GE(sum / 7, 0.8);
}

TEST(Auto, minimises_with_noise_and_steps) {
  for (int const number : {25, 27}) {
    EXPECT_GE(share_of_targets("auto", TestFunction(number, 5, 1), 5, 2000), 0.6) << TestFunction::name(number);
  }
}

TEST(Cmaes, solves_ill_conditioned_functions) {
  for (int const number : {10, 12}) {
    EXPECT_EQ(share_of_targets("cmaes", TestFunction(number, 5, 1), 5, 8000), 1.0) << TestFunction::name(number);
  }
}

// The optimum is a corner: what lies outside is never asked for, and the bound itself is reached.
TEST(Auto, reaches_a_corner_of_the_box) { EXPECT_EQ(share_of_targets("auto", TestFunction(5, 10, 1), 10, 500), 1.0); }

constexpr char torus_and_gap[] = R"(
[[variable]]
name = "shift"
kind = "torus"
cell = [[3.9, 0.0], [1.5, 3.2]]
[[variable]]
name = "gap"
kind = "real"
range = [1.5, 3.5]
step = 0.0001
)";

double valley(Design const& design) {
  auto const& v = design.values;
  auto const pi = 3.14159265358979323846;
  auto const gap = 1.5 + 1e-4 * static_cast<double>(v[2]) - 2.31;
  auto const wave = [&](std::int64_t answer, double at) {
    return 1.0 - std::cos(2.0 * pi * (static_cast<double>(answer) * 1e-6 - at));
  };
  return wave(v[0], 0.99) + wave(v[1], 0.02) + 10.0 * gap * gap;
}

TEST(Auto, crosses_the_edge_of_a_torus) {
  auto const space = test::read_space(torus_and_gap);
  Simulation simulation(space, engine("auto"), minimise(), 1, 1,
                        [](Observation& one) { one.objectives = {Estimate(valley(one.design), 0.0, 1.0, "")}; });

  simulation.run(200);

  EXPECT_LT(simulation.best(), 1e-6);
  EXPECT_FALSE(simulation.repeated);
}

TEST(Auto, keeps_known_and_observed_constraints) {
  auto const space = test::read_space(
      "[[variable]]\nname='x'\nkind='real'\nrange=[-5, 5]\n[[variable]]\nname='y'\nkind='real'\nrange=[-5, 5]\n"
      "[[constraint]]\nname='half'\nkind='known'\nexpression='x + y >= 1'\n");
  auto problem = minimise();
  problem.constraints.push_back({"right", {}, 0.0});
  Simulation simulation(space, engine("auto"), problem, 1, 3, [&](Observation& one) {
    auto const x = space->point(one.design).at("x").as_number(), y = space->point(one.design).at("y").as_number();
    EXPECT_GE(x + y, 1.0);
    one.objectives = {Estimate(x * x + y * y, 0.0, 1.0, "")};
    one.constraints = {y - 0.2};
  });

  simulation.run(600);

  EXPECT_NEAR(simulation.best(), 0.8 * 0.8 + 0.2 * 0.2, 1e-2);  // at (0.8, 0.2), where both constraints meet
}

class Continuation : public testing::TestWithParam<std::string> {};

TEST_P(Continuation, goes_on_as_if_never_stopped_with_results_in_any_order) {
  auto const space = box(4, -5, 5);
  TestFunction const function(8, 4, 1);
  auto const evaluate =
      on_box(space, [&](std::vector<double> const& x) { return function(Eigen::VectorXd::Map(x.data(), 4)); });
  for (int const stop : {1, 17, 140, 433}) {
    Simulation whole(space, engine(GetParam()), minimise(), 9, 7, evaluate),
        stopped(space, engine(GetParam()), minimise(), 9, 7, evaluate);
    whole.arrival = stopped.arrival = test::Arrival::shuffled;
    whole.run(600);
    stopped.run(stop);

    auto const bytes = stopped.proposer->save();
    stopped.proposer = make_proposer(space, engine(GetParam()));
    stopped.proposer->load(bytes);
    EXPECT_EQ(stopped.proposer->save(), bytes);
    stopped.run(600 - stop);

    EXPECT_EQ(stopped.log, whole.log);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Continuation, testing::Values("auto", "cmaes", "pso"));

// Campaigns screen on the descriptor tier: a point of the local phase is a block of its own there.
TEST(LocalPhase, climbs_the_tiers_and_goes_on_as_if_never_stopped) {
  auto const space = test::read_space(std::string(torus_and_gap) +
                                      "[[variable]]\nname='material'\nkind='categorical'\nchoices=['a', 'b', 'c']\n");
  auto options = engine("swarm");
  options.tiers = {Tier::descriptor, Tier::potential};
  options.local_share = 0.5;
  auto const evaluate = [](Observation& one) {
    auto const worse = 3.0 * static_cast<double>(one.design.values[3] != 1);
    one.objectives = {Estimate(valley(one.design) + worse, 0.0, 1.0, "")};
  };
  Simulation whole(space, options, minimise(), 4, 5, evaluate), stopped(space, options, minimise(), 4, 5, evaluate);
  whole.run(600);
  stopped.run(311);

  auto const bytes = stopped.proposer->save();
  stopped.proposer = make_proposer(space, options);
  stopped.proposer->load(bytes);
  stopped.run(289);

  EXPECT_EQ(stopped.log, whole.log);
  EXPECT_FALSE(whole.repeated);
  EXPECT_LT(whole.best(), 1e-3);
}

// Where x is small another question is asked: a step of the local phase over that edge is no design.
TEST(LocalPhase, stays_where_the_same_questions_are_asked) {
  auto const space = test::read_space(R"(
[[variable]]
name = "x"
kind = "real"
range = [0, 1]
[[variable]]
name = "kind"
kind = "categorical"
choices = ["a", "b"]
[[variable]]
name = "z"
kind = "real"
range = [0, 1]
when = "x < 0.5"
)");
  auto options = engine("pso");
  options.local_share = 0.5;
  Simulation simulation(space, options, minimise(), 1, 1, [&](Observation& one) {
    nodes_along(*space, one.design);  // throws if an answer is missing
    one.objectives = {
        Estimate(std::abs(std::ldexp(static_cast<double>(one.design.values[0]), -44) - 0.5), 0.0, 1.0, "")};
  });
  simulation.run(400);

  EXPECT_LT(simulation.best(), 1e-6);
}

TEST(Auto, asks_for_each_design_of_a_small_grid_once) {
  auto const space = test::read_space(
      "[[variable]]\nname='x'\nkind='real'\nrange=[0, 1]\nstep=0.1\n[[variable]]\nname='y'\nkind='real'\nrange=[0, 1]\n"
      "step=0.1\n");
  Simulation simulation(space, engine("auto"), minimise(), 1, 5,
                        on_box(space, [](std::vector<double> const& x) { return x[0] + x[1]; }));

  simulation.run(1000);

  EXPECT_EQ(simulation.archive.all().size(), 121u);
  EXPECT_FALSE(simulation.repeated);
}

TEST(Auto, goes_on_when_everything_fails) {
  auto const space = box(5, -5, 5);
  Simulation simulation(space, engine("auto"), minimise(), 1, 3, [](Observation& one) {
    one.objectives = {Estimate::without_value(Status::failed, "never", 1.0)};
  });

  simulation.run(3000);

  EXPECT_GE(simulation.archive.all().size(), 2990u);
}

TEST(Auto, says_which_minimiser_works_and_why) {
  auto const space = box(5, -5, 5);
  auto const proposer = make_proposer(space, engine("auto"));

  auto const proposal = proposer->propose(0, Archive(minimise()), {}, Rng(1, "propose", 0));

  EXPECT_EQ(proposal->reason, "auto: search along the axes 0 (is the function a sum over its coordinates?)");
}

TEST(Cmaes, says_which_spaces_it_cannot_search) {
  auto const space = test::read_space("[[variable]]\nname='x'\nkind='categorical'\nchoices=['a', 'b']\n");

  EXPECT_THROW(make_proposer(space, engine("cmaes")), InputError);
}

}  // namespace
}  // namespace nacre
