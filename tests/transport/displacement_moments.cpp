#include "nacre/transport/displacement_moments.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Eigen::MatrixXd random_walk(Eigen::Index frames, std::uint64_t seed) {
  Rng rng(seed, "walk", 0);
  Eigen::MatrixXd path(frames, 3);
  Eigen::RowVector3d x(100.0, -50.0, 3.0);
  for (Eigen::Index k = 0; k < frames; ++k) {
    path.row(k) = x;
    for (int i = 0; i < 3; ++i) x[i] += 0.1 * rng.normal();
  }
  return path;
}

MomentSums by_transform(std::vector<Eigen::MatrixXd> const& paths, Eigen::Index longest, Eigen::Index max_lag) {
  DisplacementMoments moments(longest, max_lag);
  for (auto const& path : paths) moments.add(path.col(0), path.col(1), path.col(2));
  return moments.take();
}

TEST(DisplacementMoments, of_the_transform_are_those_of_the_double_loop) {
  std::vector<Eigen::MatrixXd> paths;
  MomentSums exact;
  for (std::uint64_t seed = 0; seed <= 4; ++seed) {
    paths.push_back(random_walk(700 - 13 * static_cast<Eigen::Index>(seed),
                                seed));  // stretches of several lengths, one of the longest
    exact += displacement_moments_brute_force(paths.back().col(0), paths.back().col(1), paths.back().col(2), 300);
  }

  auto const sums = by_transform(paths, 700, 300);

  EXPECT_EQ(sums.counts, exact.counts);
  for (Eigen::Index m = 1; m <= 300; ++m)
    for (Eigen::Index row = 0; row < 3; ++row)
      EXPECT_NEAR(sums.products(row, m) / exact.products(row, m), 1.0, 1e-10) << "row " << row << " lag " << m;
  // mixed products may vanish: compared on the scale of the others
  EXPECT_LT((sums.products - exact.products).cwiseAbs().maxCoeff(), 1e-10 * exact.products.cwiseAbs().maxCoeff());
}

TEST(DisplacementMoments, short_stretches_count_only_the_lags_they_have) {
  auto const path = random_walk(5, 7);

  auto const sums = by_transform({path}, 100, 20);

  EXPECT_EQ(sums.counts[4], 1.0);
  EXPECT_EQ(sums.counts[5], 0.0);
  EXPECT_DOUBLE_EQ(sums.products(0, 4), std::pow(path(4, 0) - path(0, 0), 2));
}

TEST(DisplacementMoments, of_ballistic_motion_are_squares_of_the_lag) {
  Eigen::VectorXd const x = Eigen::VectorXd::LinSpaced(1000, 0.0, 999.0) * 0.3, rest = Eigen::VectorXd::Zero(1000);
  DisplacementMoments moments(1000, 400);

  moments.add(x, rest, -x);
  auto const sums = moments.take();

  for (Eigen::Index const m : {1, 10, 400}) {
    EXPECT_NEAR(sums.mean(0, m, 1)[0], 0.09 * static_cast<double>(m * m), 1e-9 * static_cast<double>(m * m));
    EXPECT_NEAR(sums.mean(4, m, 1)[0], -0.09 * static_cast<double>(m * m), 1e-9 * static_cast<double>(m * m));  // xz
    EXPECT_NEAR(sums.mean(1, m, 1)[0], 0.0, 1e-12);
  }
}

TEST(DisplacementMoments, refuse_a_lag_beyond_the_stretch) { EXPECT_THROW(DisplacementMoments(10, 10), InputError); }

}  // namespace
}  // namespace nacre
