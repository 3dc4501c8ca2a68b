#include "nacre/numerics/rank_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

TEST(RankStatistics, share_the_rank_of_equal_values) {
  EXPECT_EQ(shared_ranks(Eigen::Vector4d(3, 1, 3, 2)), Eigen::Vector4d(3.5, 1, 3.5, 2));
}

TEST(RankStatistics, know_only_the_order) {
  Eigen::VectorXd const x = Eigen::VectorXd::LinSpaced(20, -3, 3), y = x.array().exp();

  EXPECT_NEAR(*spearman(x, y), 1.0, 1e-12);
  EXPECT_NEAR(*spearman(x, -y), -1.0, 1e-12);
  EXPECT_FALSE(spearman(x, Eigen::VectorXd::Constant(20, 1.0)));
}

TEST(RankStatistics, separate_classes_by_their_order) {
  EXPECT_EQ(area_under_curve(Eigen::Vector4d(0.1, 0.2, 0.8, 0.9), {false, false, true, true}), 1.0);
  EXPECT_EQ(area_under_curve(Eigen::Vector4d(0.1, 0.8, 0.2, 0.9), {false, false, true, true}), 0.75);
  EXPECT_EQ(area_under_curve(Eigen::Vector4d(1, 1, 1, 1), {false, false, true, true}), 0.5);
  EXPECT_FALSE(area_under_curve(Eigen::Vector2d(1, 2), {true, true}));
}

TEST(RankStatistics, intervals_cover_a_known_correlation) {
  // of two normal variables rho = 6 / pi asin(r / 2)
  double const r = 2.0 * std::sin(3.14159265358979 * 0.6 / 6.0);
  int covered = 0;
  for (std::uint64_t table = 0; table < 100; ++table) {
    Rng rng(table, "pairs", 0);
    Eigen::VectorXd x(120), y(120);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      x[i] = rng.normal();
      y[i] = r * x[i] + std::sqrt(1.0 - r * r) * rng.normal();
    }
    auto const c = rank_correlation(x, y, {.resamples = 200, .seed = table});
    if (c->low <= 0.6 && 0.6 <= c->high) ++covered;
  }
  EXPECT_GE(covered, 90);
}

}  // namespace
}  // namespace nacre
