#include "nacre/numerics/gaussian_process.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

double matern(double r) {
  auto const a = std::sqrt(5.0) * r;
  return (1 + a + a * a / 3) * std::exp(-a);
}

TEST(GaussianProcess, has_the_posterior_of_two_points_worked_out_by_hand) {
  // at 0 and 1, length 2, variance 3, noise 0.1 and known errors 0.2 and 0.5
  ProcessData const data{Eigen::Vector2d(0, 1), Eigen::Vector2d(1.5, -0.5), Eigen::Vector2d(0.2, 0.5)};
  GaussianProcess const process(data, {Eigen::VectorXd::Constant(1, 2.0), 3.0, 0.1});

  auto const a = 3.0 + 0.1 + 0.04, b = 3.0 * matern(0.5), d = 3.0 + 0.1 + 0.25, determinant = a * d - b * b;
  auto const k0 = 3.0 * matern(0.15), k1 = 3.0 * matern(0.35);  // to x = 0.3
  auto const mean = (k0 * (d * 1.5 + b * 0.5) + k1 * (-b * 1.5 - a * 0.5)) / determinant;
  auto const variance = 3.0 - (d * k0 * k0 - 2 * b * k0 * k1 + a * k1 * k1) / determinant;

  auto const posterior = process.predict(Eigen::VectorXd::Constant(1, 0.3));
  EXPECT_NEAR(posterior.mean, mean, 1e-14);  // rounding
  EXPECT_NEAR(posterior.variance, variance, 1e-14);
  EXPECT_EQ(process.noise_variance(), 0.1);
}

TEST(GaussianProcess, knows_nothing_far_away_and_everything_at_exact_points) {
  ProcessData const data{Eigen::Vector2d(0, 1), Eigen::Vector2d(1.5, -0.5), Eigen::Vector2d::Zero()};
  GaussianProcess const process(data, {Eigen::VectorXd::Constant(1, 2.0), 3.0, 0.0});

  auto const far = process.predict(Eigen::VectorXd::Constant(1, 1e3)),
             at = process.predict(Eigen::VectorXd::Constant(1, 1));
  EXPECT_NEAR(far.mean, 0.0, 1e-14);
  EXPECT_NEAR(far.variance, 3.0, 1e-14);
  EXPECT_NEAR(at.mean, -0.5, 1e-13);
  EXPECT_NEAR(at.variance, 0.0, 1e-13);
}

/// Three inputs, of which one is constant and one does not matter.
ProcessData smooth(Eigen::Index points, double noise, std::uint64_t seed) {
  Rng rng(seed, "data", 0);
  ProcessData data{Eigen::MatrixXd(points, 3), Eigen::VectorXd(points), Eigen::VectorXd::Constant(points, noise)};
  for (Eigen::Index i = 0; i < points; ++i) {
    data.inputs.row(i) << rng.uniform(-2, 2), 1e6, rng.uniform(100, 300);
    data.values[i] = 40.0 + 5.0 * std::sin(1.5 * data.inputs(i, 0)) + noise * rng.normal();
  }
  return data;
}

TEST(GaussianProcess, learns_a_function_and_which_inputs_matter) {
  auto const process = GaussianProcess::fit(smooth(40, 0.1, 1));

  ASSERT_EQ(process.parameters().lengths.size(), 2);
  EXPECT_GT(process.parameters().lengths[1], 3 * process.parameters().lengths[0]);
  double squares = 0.0, scores = 0.0;
  auto const test = smooth(200, 0.0, 2);
  for (Eigen::Index i = 0; i < 200; ++i) {
    auto const [mean, variance] = process.predict(test.inputs.row(i));
    squares += std::pow(mean - test.values[i], 2) / 200;
    scores += std::pow(mean - test.values[i], 2) / variance / 200;
  }
  EXPECT_LT(std::sqrt(squares), 0.15);  // of a function that spans 10, from errors of 0.1
  EXPECT_GT(scores, 0.2);               // errors as large as announced, within the scatter of one data set
  EXPECT_LT(scores, 3.0);
}

TEST(GaussianProcess, finds_noise_that_nobody_told_it) {
  auto data = smooth(150, 0.8, 3);
  data.standard_errors.setZero();

  auto const process = GaussianProcess::fit(data);

  EXPECT_NEAR(std::sqrt(process.noise_variance()), 0.8, 0.2);  // 0.8 / sqrt(2 x 150) x 4
}

TEST(GaussianProcess, climbs_along_the_right_gradient) {
  auto data = smooth(15, 0.1, 4);
  data.inputs.col(1).setLinSpaced(0, 1);
  data.inputs.col(2) /= 100;
  data.values.array() -= 40;
  Eigen::VectorXd const point = Eigen::VectorXd::LinSpaced(5, -0.4, 0.7);
  Eigen::VectorXd gradient, ignored;
  log_posterior(data, point, &gradient);

  for (Eigen::Index i = 0; i < 5; ++i) {
    double error[2];
    for (int half = 0; half < 2; ++half) {
      auto const h = half == 0 ? 1e-2 : 5e-3;
      Eigen::VectorXd above = point, below = point;
      above[i] += h;
      below[i] -= h;
      error[half] =
          std::abs((log_posterior(data, above, nullptr) - log_posterior(data, below, nullptr)) / (2 * h) - gradient[i]);
    }
    EXPECT_LT(error[1], 1e-3);
    EXPECT_NEAR(error[0] / error[1], 4.0, 0.2) << "central differences err as h^2, parameter " << i;
  }
}

TEST(GaussianProcess, is_the_same_for_the_same_data_and_after_loading) {
  auto const data = smooth(300, 0.1, 5);  // more than the parameters are found on
  auto const process = GaussianProcess::fit(data), again = GaussianProcess::fit(data);
  auto const loaded = GaussianProcess::load(process.save());

  EXPECT_EQ(process.save(), again.save());
  EXPECT_EQ(loaded.save(), process.save());
  auto const x = data.inputs.row(7).transpose() * 1.01;
  EXPECT_EQ(loaded.predict(x).mean, process.predict(x).mean);
  EXPECT_EQ(loaded.predict(x).variance, process.predict(x).variance);
  EXPECT_THROW(GaussianProcess::load(process.save().substr(1)), Error);
}

TEST(GaussianProcess, lives_with_poor_data) {
  // one point; equal values; equal inputs
  auto const one =
      GaussianProcess::fit({Eigen::MatrixXd::Ones(1, 2), Eigen::VectorXd::Constant(1, -3.0), Eigen::VectorXd::Zero(1)});
  EXPECT_NEAR(one.predict(Eigen::Vector2d(1, 1)).mean, -3.0, 1e-12);
  auto const flat =
      GaussianProcess::fit({Eigen::Vector3d(1, 2, 3), Eigen::Vector3d::Constant(7.0), Eigen::Vector3d::Zero()});
  EXPECT_NEAR(flat.predict(Eigen::VectorXd::Constant(1, 2.5)).mean, 7.0, 1e-9);
  auto const doubled =
      GaussianProcess::fit({Eigen::Vector3d(1, 1, 2), Eigen::Vector3d(0, 1, 5), Eigen::Vector3d::Zero()});
  EXPECT_TRUE(std::isfinite(doubled.predict(Eigen::VectorXd::Constant(1, 1.0)).mean));

  EXPECT_THROW(GaussianProcess::fit({Eigen::MatrixXd(0, 2), Eigen::VectorXd(0), Eigen::VectorXd(0)}), InputError);
  EXPECT_THROW(GaussianProcess::fit({Eigen::Vector2d(1, std::nan("")), Eigen::Vector2d(0, 1), Eigen::Vector2d(0, 0)}),
               InputError);
}

}  // namespace
}  // namespace nacre
