// Statistics of walks whose answers are known: correlation factors, coverage of intervals, moments of thermal motion.
#include "nacre/core/rng.hpp"
#include "nacre/numerics/distributions.hpp"
#include "nacre/transport/diffusion.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

PathOptions without_drift(double interval_ps) {
  PathOptions options;
  options.interval_ps = interval_ps;
  options.drift = Drift::none;
  return options;
}

TEST(CorrelatedHopping, has_the_correlation_factor_of_the_simple_cubic_lattice) {
  constexpr int n = 8, jumps_per_frame = 2 * 511;
  constexpr double a = 2.5;
  auto const paths = paths_of(test::vacancy_walk(n, 2000, jumps_per_frame, a, 1), without_drift(1.0));
  LagWindow const window{5, 40};
  BlockSums sums = block_sums(paths, 10, BlockBy::time, window.last);
  sums.collective = collective_sums(paths, 10, window.last);

  auto const estimates = diffusion_estimates(sums, window, 1.0, {0, 1, 2});

  double const uncorrelated = 2.0 * a * a / 6.0;  // two jumps an ion and frame
  double const tracer = estimates.value[index(Derived::D)] / uncorrelated;
  double const collective = estimates.value[index(Derived::collective)] / uncorrelated;
  double const error = estimates.error[index(Derived::D)] / uncorrelated;
  EXPECT_NEAR(tracer, 0.6531, 3.0 * error + 0.003);  // and a finite cell: of the order of 1/512
  EXPECT_LT(error, 0.02);
  EXPECT_NEAR(collective, 1.0, 3.0 * estimates.error[index(Derived::collective)] / uncorrelated);
  EXPECT_NEAR(estimates.value[index(Derived::haven)], 0.6531, 3.0 * estimates.error[index(Derived::haven)]);
}

TEST(Langevin, has_the_mean_squared_displacement_of_the_formula) {
  auto const paths = paths_of(test::langevin(200, 2000, 0.1, 2.0, 1.0, 1), without_drift(0.1));
  auto const sums = block_sums(paths, 1, BlockBy::time, 50).tracer.front();

  for (Eigen::Index const m : {1, 10, 50}) {
    double const t = 0.1 * static_cast<double>(m), exact = 6.0 * 0.5 * (t - (1.0 - std::exp(-2.0 * t)) / 2.0);
    // 200 particles and about 2000/m independent stretches of three components each
    double const relative =
        std::sqrt(2.0 / (3.0 * 200.0 * 2000.0 / static_cast<double>(std::max<Eigen::Index>(m, 10))));
    EXPECT_NEAR(mean_square(sums, {m, m}, {0, 1, 2})[0] / exact, 1.0, 5.0 * relative) << m;
  }
}

TEST(Confinement, has_its_plateau) {
  auto const paths = paths_of(test::confined(20, 4000, 0.1, 0.04, 0.5, 1), without_drift(0.1));
  auto const sums = block_sums(paths, 10, BlockBy::time, 200).tracer.front();

  EXPECT_NEAR(mean_square(sums, {100, 200}, {0, 1, 2}).mean(), 6.0 * 0.04, 0.01);
}

TEST(Intervals, of_ion_blocks_hold_the_truth_as_often_as_they_say) {
  // the golden case: one axis hops with p = 0.2, D = 0.1; 24 ions, 600 steps, 8 blocks
  constexpr int seeds = 200;
  LagWindow const window{5, 50};
  double const t = student_t_quantile(0.975, 7.0);
  int covered = 0;
  double mean = 0.0;
  for (int seed = 0; seed < seeds; ++seed) {
    auto const paths =
        paths_of(test::lattice_walk(24, 600, 1.0, 0.6, static_cast<std::uint64_t>(seed)), without_drift(1.0));
    auto const estimates = diffusion_estimates(block_sums(paths, 8, BlockBy::ion, window.last), window, 1.0, {0, 1, 2});
    covered += std::abs(estimates.value[0] - 0.1) <= t * estimates.error[0];
    mean += estimates.value[0] / seeds;
  }

  EXPECT_NEAR(mean, 0.1, 0.001);
  EXPECT_GE(covered, 0.91 * seeds);
  EXPECT_LE(covered, 0.99 * seeds);  // 95 % of 200 seeds: 190 +- 3
}

}  // namespace
}  // namespace nacre
