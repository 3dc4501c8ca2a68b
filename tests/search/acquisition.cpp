#include "nacre/search/acquisition.hpp"

#include <cmath>

#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/numerics/hypervolume.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(ExpectedImprovement, is_what_it_is_by_definition_where_nothing_is_small) {
  for (double const mean : {-2.0, 0.0, 0.3, 3.0}) {
    for (double const deviation : {0.5, 1.0, 4.0}) {
      double sum = 0.0;  // the integral on a fine grid
      for (int i = -80'000; i <= 80'000; ++i) {
        auto const z = i * 1e-4;
        sum += std::max(0.7 - mean - deviation * z, 0.0) * std::exp(-0.5 * z * z) / std::sqrt(2 * units::pi) * 1e-4;
      }
      EXPECT_NEAR(log_expected_improvement({mean, deviation}, 0.7).value, std::log(sum), 1e-6);
    }
  }
}

TEST(ExpectedImprovement, has_a_value_and_a_slope_where_it_underflows) {
  // E[max(-y, 0)] with mean t and deviation 1 is φ(t)/t² (1 - 3/t² + ...)
  for (double const t : {30.0, 100.0, 1e4}) {
    auto const promise = log_expected_improvement({t, 1.0}, 0.0);
    auto const leading = -0.5 * t * t - 0.5 * std::log(2 * units::pi) - 2 * std::log(t);
    EXPECT_NEAR(promise.value, leading + std::log1p(-3 / (t * t)), 20 / std::pow(t, 4) + 1e-15 * t * t);
    EXPECT_NEAR(promise.by_mean, -t, 3 / t);
  }
  // the two ways to compute it meet
  for (double const t : {1.0, 20.0}) {
    auto const left = log_expected_improvement({t * (1 - 1e-9), 1.0}, 0.0).value;
    auto const right = log_expected_improvement({t * (1 + 1e-9), 1.0}, 0.0).value;
    EXPECT_NEAR(left, right, 1e-6);
    auto const cdf = log_normal_cdf(-t * (1 - 1e-9)) - log_normal_cdf(-t * (1 + 1e-9));
    EXPECT_NEAR(cdf, 0.0, 1e-6);
  }
}

TEST(ExpectedImprovement, has_the_right_slopes) {
  for (double const mean : {-3.0, 0.0, 0.9, 5.0, 40.0}) {
    for (double const deviation : {0.3, 1.7}) {
      auto const h = 1e-6;
      auto const promise = log_expected_improvement({mean, deviation}, 0.1);
      auto const by_mean = (log_expected_improvement({mean + h, deviation}, 0.1).value -
                            log_expected_improvement({mean - h, deviation}, 0.1).value) /
                           (2 * h);
      auto const by_deviation = (log_expected_improvement({mean, deviation + h}, 0.1).value -
                                 log_expected_improvement({mean, deviation - h}, 0.1).value) /
                                (2 * h);
      auto const scale = 1e-5 * (1.0 + std::abs(promise.by_mean) + std::abs(promise.by_deviation));
      EXPECT_NEAR(promise.by_mean, by_mean, scale);
      EXPECT_NEAR(promise.by_deviation, by_deviation, scale);
      auto const below = log_probability_below({mean, deviation}, 0.1);
      EXPECT_NEAR(below.by_mean,
                  (log_probability_below({mean + h, deviation}, 0.1).value -
                   log_probability_below({mean - h, deviation}, 0.1).value) /
                      (2 * h),
                  scale);
    }
  }
}

TEST(OpenSpace, has_the_gain_of_a_certain_point) {
  Rng rng(1, "front", 0);
  for (std::size_t const dimensions : {2u, 3u, 4u}) {
    std::vector<double> const reference(dimensions, 1.0);
    std::vector<std::vector<double>> front;
    for (int i = 0; i < 7; ++i) {
      front.emplace_back();
      for (std::size_t m = 0; m < dimensions; ++m) front.back().push_back(rng.uniform(-0.2, 1.1));
    }
    OpenSpace const open(front, reference);
    auto const before = hypervolume(front, reference);
    for (int i = 0; i < 20; ++i) {
      std::vector<double> point;
      std::vector<Belief> beliefs;
      for (std::size_t m = 0; m < dimensions; ++m) {
        point.push_back(rng.uniform(-0.5, 1.0));
        beliefs.push_back({point.back(), 1e-9});
      }
      auto more = front;
      more.push_back(point);
      auto const gain = hypervolume(more, reference) - before;
      EXPECT_NEAR(std::exp(open.log_expected_gain(beliefs)), gain, 1e-7);
    }
  }
}

TEST(OpenSpace, has_the_expected_gain_of_an_uncertain_point) {
  std::vector<std::vector<double>> const front{
      {0.1, 0.8}, {0.4, 0.5}, {0.7, 0.2}, {0.6, 0.6}};  // the last is dominated
  std::vector<double> const reference{1.0, 1.0};
  OpenSpace const open(front, reference);
  EXPECT_EQ(open.boxes(), 4u);
  auto const before = hypervolume(front, reference);
  Rng rng(2, "draws", 0);
  double sum = 0.0, squares = 0.0;
  int const draws = 20'000;
  for (int i = 0; i < draws; ++i) {
    auto more = front;
    more.push_back({0.5 + 0.3 * rng.normal(), 0.4 + 0.2 * rng.normal()});
    auto const gain = hypervolume(more, reference) - before;
    sum += gain;
    squares += gain * gain;
  }
  auto const error = std::sqrt(squares / draws) / std::sqrt(draws);

  EXPECT_NEAR(std::exp(open.log_expected_gain(std::vector<Belief>{{0.5, 0.3}, {0.4, 0.2}})), sum / draws, 4 * error);
}

}  // namespace
}  // namespace nacre
