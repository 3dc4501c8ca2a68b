#include "nacre/transport/diffusion.hpp"

#include "nacre/core/error.hpp"
#include "nacre/transport/conductivity.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

constexpr double interval_ps = 0.1;

PathOptions path_options() {
  PathOptions options;
  options.interval_ps = interval_ps;
  return options;
}

DiffusionOptions oxide() {
  DiffusionOptions options;
  options.charge = -2.0;
  options.temperature = 1000.0;
  return options;
}

test::Walk with_framework(test::Walk walk) {
  add_framework(walk, 2, 5.0);
  return walk;
}

TEST(UpperBound, has_the_golden_value) { EXPECT_NEAR(diffusion_upper_bound(0, 2.5, 3, 20, 400.0), 3.90069e-4, 1e-9); }

TEST(Conductivity, has_the_golden_values) {
  // n = 1e27 /m^3, q = 2 e, D = 1e-10 m^2/s, 1000 K: 0.74370 S/m
  EXPECT_NEAR(100.0 * conductivity_S_per_cm(1e-3, 2.0, 1e-2, 1000.0), 0.74370, 5e-6);
  EXPECT_NEAR(exchange_conductance_S_per_m2(1e-3, 2.0, 1000.0), 7.43700e8, 5e2);
}

TEST(Diffusion, of_a_brownian_walk_is_found_within_its_error) {
  auto const walk = with_framework(test::brownian(20, 4000, interval_ps, 0.5, 1));
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  ASSERT_EQ(result.tracer.verdict, Verdict::ok);
  EXPECT_NEAR(result.tracer.D->value, 0.5, 3.0 * result.tracer.D->error);
  EXPECT_LT(result.tracer.D->error, 0.05);
  EXPECT_GT(result.tracer.jumps, 100);
  EXPECT_NEAR(result.haven->value, 1.0, 3.0 * result.haven->error);  // independent particles
  EXPECT_NE(std::find(result.tracer.flags.begin(), result.tracer.flags.end(), "window_below_5_ps"),
            result.tracer.flags.end());
  for (auto const& component : result.tracer.components) EXPECT_NEAR(component->value, 0.5, 4.0 * component->error);
}

TEST(Diffusion, of_one_direction_has_its_own_dimension) {
  auto walk = with_framework(test::brownian(20, 4000, interval_ps, 0.5, 2));
  for (auto& frame : walk.frames) frame.row(2).head(20) *= 2.0;  // four times the D along z
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;
  options.axes = Axes::z;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  ASSERT_EQ(result.tracer.verdict, Verdict::ok);
  EXPECT_NEAR(result.tracer.D->value, 2.0, 3.0 * result.tracer.D->error);
  EXPECT_NEAR(result.tracer.D->value, result.tracer.components[2]->value, 1e-12);
  EXPECT_NEAR(std::abs(result.principal.front().axis.z()), 1.0, 0.02);
}

TEST(Diffusion, of_confined_ions_is_a_bound) {
  auto const walk = with_framework(test::confined(20, 4000, interval_ps, 0.04, 0.5, 3));
  auto options = oxide();
  options.window = Window{5.0, 20.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  EXPECT_EQ(result.tracer.verdict, Verdict::bound);
  EXPECT_EQ(result.tracer.jumps, 0);
  EXPECT_FALSE(result.tracer.D);
  EXPECT_FALSE(result.sigma);
  EXPECT_NEAR(*result.tracer.D_upper, diffusion_upper_bound(0, 2.5, 3, 20, 400.0), 1e-12);  // far above D + 2 sigma
}

TEST(Diffusion, counts_the_jumps_of_a_slow_lattice_walk) {
  // residence of 100 ps: averages over 1 ps see every hop but the few that come back at once
  auto const walk = with_framework(test::lattice_walk(20, 4000, 2.5, 0.001, 4));
  int hops = 0;
  for (std::size_t f = 1; f < walk.frames.size(); ++f)
    hops += static_cast<int>(((walk.frames[f] - walk.frames[f - 1]).colwise().norm().array() > 1.0).count());

  auto const result = analyze_diffusion(paths_of(walk, path_options()), oxide());

  EXPECT_TRUE(result.sites_found);
  EXPECT_NEAR(result.hop_length, 2.5, 0.1);  // averages over 1 ps may hold a part of a hop
  EXPECT_LE(result.tracer.jumps, hops);
  EXPECT_GE(result.tracer.jumps, hops - hops / 10);
}

TEST(Diffusion, is_refused_where_the_framework_moves) {
  auto walk = with_framework(test::brownian(20, 2000, interval_ps, 0.5, 5));
  for (std::size_t f = 1000; f < 1011; ++f) walk.frames[f].col(21).x() += 2.0;  // 1.1 ps
  auto options = oxide();
  options.window = Window{1.0, 5.0};

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  EXPECT_EQ(result.tracer.verdict, Verdict::refused);
  EXPECT_EQ(result.tracer.reasons.front().code, "framework_moves");
  EXPECT_NE(result.tracer.reasons.front().message.find("1 Zr"), std::string::npos);
  EXPECT_FALSE(result.tracer.D);
}

TEST(Diffusion, minds_no_framework_ion_that_comes_back_within_a_picosecond) {
  auto walk = with_framework(test::brownian(20, 2000, interval_ps, 0.5, 5));
  for (std::size_t f = 1000; f < 1008; ++f) walk.frames[f].col(21).x() += 2.0;
  auto options = oxide();
  options.window = Window{1.0, 5.0};
  options.hop_length = 2.5;

  EXPECT_EQ(analyze_diffusion(paths_of(walk, path_options()), options).tracer.verdict, Verdict::ok);
}

TEST(Diffusion, of_ballistic_motion_is_refused) {
  auto walk = test::brownian(20, 2000, interval_ps, 0.0, 6);
  Rng rng(6, "velocities", 0);
  for (Eigen::Index i = 0; i < 20; ++i) {
    Eigen::Vector3d v(rng.normal(), rng.normal(), rng.normal());
    for (std::size_t f = 0; f < walk.frames.size(); ++f) walk.frames[f].col(i) = 0.1 * static_cast<double>(f) * v;
  }
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(with_framework(walk), path_options()), options);

  EXPECT_EQ(result.tracer.verdict, Verdict::refused);
  EXPECT_EQ(result.tracer.reasons.front().code, "not_diffusive");
}

TEST(Diffusion, does_not_feel_a_drift_of_everything) {
  auto const still = with_framework(test::brownian(20, 2000, interval_ps, 0.5, 7));
  auto drifting = still;
  for (std::size_t f = 0; f < drifting.frames.size(); ++f)
    drifting.frames[f].colwise() += 0.01 * static_cast<double>(f) * Eigen::Vector3d(1.0, -0.5, 0.2);
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;

  auto const a = analyze_diffusion(paths_of(still, path_options()), options);
  auto const b = analyze_diffusion(paths_of(drifting, path_options()), options);

  EXPECT_NEAR(a.tracer.D->value, b.tracer.D->value, 1e-10);
}

TEST(Diffusion, of_ions_alone_has_no_collective_part) {
  auto const walk = test::brownian(20, 2000, interval_ps, 0.5, 8);
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  ASSERT_EQ(result.tracer.verdict, Verdict::ok);
  EXPECT_FALSE(result.collective);
  EXPECT_FALSE(result.haven);
  EXPECT_TRUE(result.sigma_tracer);
}

TEST(Diffusion, of_pairs_that_move_together_has_half_the_haven_ratio) {
  // two ions with the same displacements: the collective D is twice the tracer's
  auto single = test::brownian(20, 4000, interval_ps, 0.5, 9);
  auto walk = single;
  walk.numbers.insert(walk.numbers.end(), single.numbers.begin(), single.numbers.end());
  for (auto& frame : walk.frames) {
    frame.conservativeResize(3, 40);
    frame.rightCols(20) = frame.leftCols(20).colwise() + Eigen::Vector3d(3.0, 0.0, 0.0);
  }
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(with_framework(walk), path_options()), options);

  ASSERT_EQ(result.tracer.verdict, Verdict::ok);
  EXPECT_NEAR(result.haven->value, 0.5, 3.0 * result.haven->error);
  EXPECT_LT(result.haven->error, 0.2);
}

TEST(Diffusion, of_short_blocks_is_refused) {
  auto const walk = with_framework(test::brownian(20, 1000, interval_ps, 0.5, 10));
  auto options = oxide();
  options.window = Window{5.0, 15.0};
  options.hop_length = 2.5;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);
  EXPECT_EQ(result.tracer.verdict, Verdict::refused);
  EXPECT_EQ(result.tracer.reasons.front().code, "blocks_too_short");

  options.block_by = BlockBy::ion;
  EXPECT_EQ(analyze_diffusion(paths_of(walk, path_options()), options).tracer.verdict, Verdict::ok);
}

TEST(Diffusion, is_refused_where_a_block_alone_has_no_slope) {
  auto walk = with_framework(test::confined(20, 2000, interval_ps, 0.04, 0.5, 12));
  auto const free = with_framework(test::brownian(20, 2000, interval_ps, 0.5, 13));
  walk.frames.insert(walk.frames.end(), free.frames.begin(), free.frames.end());
  auto options = oxide();
  options.window = Window{1.0, 10.0};
  options.hop_length = 0.3;
  options.blocks = 2;

  auto const result = analyze_diffusion(paths_of(walk, path_options()), options);

  EXPECT_EQ(result.tracer.verdict, Verdict::refused);
  EXPECT_FALSE(result.tracer.D);
}

TEST(Diffusion, of_nonsense_options_is_an_error) {
  auto const paths = paths_of(with_framework(test::brownian(5, 200, interval_ps, 0.5, 11)), path_options());
  auto options = oxide();
  options.blocks = 1;
  EXPECT_THROW(analyze_diffusion(paths, options), InputError);
  options = oxide();
  options.temperature = 0.0;
  EXPECT_THROW(analyze_diffusion(paths, options), InputError);
  options = oxide();
  options.block_by = BlockBy::ion;
  EXPECT_THROW(analyze_diffusion(paths, options), InputError);  // 10 blocks of 5 ions
}

}  // namespace
}  // namespace nacre
