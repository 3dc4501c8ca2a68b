#include "nacre/numerics/distributions.hpp"

#include "nacre/core/error.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(IncompleteBeta, has_its_closed_forms) {
  EXPECT_NEAR(incomplete_beta(1.0, 1.0, 0.3), 0.3, 1e-15);
  EXPECT_NEAR(incomplete_beta(2.0, 1.0, 0.3), 0.09, 1e-15);
  EXPECT_NEAR(incomplete_beta(2.0, 3.0, 0.4), 1.0 - incomplete_beta(3.0, 2.0, 0.6), 1e-14);
  EXPECT_EQ(incomplete_beta(2.0, 3.0, 0.0), 0.0);
  EXPECT_EQ(incomplete_beta(2.0, 3.0, 1.0), 1.0);
}

TEST(StudentT, has_the_tabulated_quantiles) {
  // any table of the t distribution, three decimals; 1 degree of freedom is the Cauchy distribution
  EXPECT_NEAR(student_t_quantile(0.975, 7), 2.365, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.75, 1), 1.0, 1e-12);
  EXPECT_NEAR(student_t_quantile(0.975, 1e7), 1.959964, 1e-5);
  EXPECT_NEAR(student_t_quantile(0.025, 4), -student_t_quantile(0.975, 4), 1e-12);
}

TEST(StudentT, quantile_inverts_the_tail) {
  for (double const degrees : {1.0, 2.0, 5.0, 30.0})
    for (double const p : {0.6, 0.9, 0.999})
      EXPECT_NEAR(student_t_two_sided(student_t_quantile(p, degrees), degrees), 2.0 * (1.0 - p), 1e-12);
}

TEST(PoissonUpperLimit, has_the_numbers_of_the_definitions) {
  EXPECT_NEAR(poisson_upper_limit(0), 2.9957, 5e-5);
  EXPECT_NEAR(poisson_upper_limit(1), 4.744, 5e-4);
  EXPECT_NEAR(poisson_upper_limit(2), 6.296, 5e-4);
  EXPECT_NEAR(poisson_upper_limit(5), 10.513, 5e-4);
  EXPECT_NEAR(poisson_upper_limit(10), 16.962, 5e-4);
  EXPECT_NEAR(poisson_upper_limit(29), 39.541, 5e-4);
  EXPECT_NEAR(poisson_upper_limit(0), -std::log(0.05), 1e-12);
}

TEST(PoissonUpperLimit, refuses_a_negative_count) { EXPECT_THROW(poisson_upper_limit(-1), InputError); }

TEST(RankTrend, tells_a_trend_from_a_constant) {
  std::vector<double> const rising{1, 2, 3, 4, 5, 6, 7, 9, 8, 10}, level(10, 3.0), two{1, 2};

  EXPECT_NEAR(rank_trend(rising).correlation, 0.98787878787878788, 1e-12);  // 1 - 6·2/990
  EXPECT_LT(rank_trend(rising).p, 1e-6);
  EXPECT_EQ(rank_trend(level).p, 1.0);
  EXPECT_NEAR(rank_trend(std::vector<double>{1, 2, 3}).p, 2.0 / 6.0, 1e-15);  // two of the six orders of three
  EXPECT_EQ(rank_trend(two).p, 1.0);
}

}  // namespace
}  // namespace nacre
