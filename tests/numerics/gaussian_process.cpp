#include "nacre/numerics/gaussian_process.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/numerics/linalg.hpp"
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

/// The error of the gradient by every parameter falls as h² when it is compared with central differences.
void expect_right_gradient(ProcessData const& data, Eigen::VectorXd const& point) {
  Eigen::VectorXd gradient;
  log_posterior(data, point, &gradient);
  ASSERT_EQ(gradient.size(), point.size());
  for (Eigen::Index i = 0; i < point.size(); ++i) {
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
    EXPECT_NEAR(error[0] / error[1], 4.0, 0.2) << "parameter " << i;
  }
}

TEST(GaussianProcess, climbs_along_the_right_gradient) {
  auto data = smooth(15, 0.1, 4);
  data.inputs.col(1).setLinSpaced(0, 1);
  data.inputs.col(2) /= 100;
  data.values.array() -= 40;

  expect_right_gradient(data, Eigen::VectorXd::LinSpaced(5, -0.4, 0.7));
}

/// Two numbers of one length and another, categories with and without descriptors, two tiers.
ProcessData mixed(Eigen::Index points, std::uint64_t seed) {
  Rng rng(seed, "mixed", 0);
  ProcessData data{Eigen::MatrixXd(points, 3), Eigen::VectorXd(points), Eigen::VectorXd::Constant(points, 0.05)};
  data.choices.resize(points, 2);
  data.tiers.resize(points);
  data.form = {{0, 0, 1}, {{3, {}}, {4, Eigen::Vector4d(0, 0.1, 0.8, 1)}}, 2};
  for (Eigen::Index i = 0; i < points; ++i) {
    data.inputs.row(i) << rng.uniform(), rng.uniform(), rng.uniform();
    data.choices.row(i) << static_cast<int>(rng.below(3)), static_cast<int>(rng.below(4));
    data.tiers[i] = static_cast<int>(rng.below(2));
    data.values[i] = std::sin(4 * data.inputs(i, 0)) * (data.choices(i, 0) == 1 ? -1 : 1) +
                     data.form.categories[1].descriptors(data.choices(i, 1), 0) + 0.3 * data.tiers[i];
  }
  return data;
}

TEST(GaussianProcess, climbs_along_the_right_gradient_with_categories_and_tiers) {
  // 2 lengths, variance, noise, 2 mismatches, 1 descriptor length, main effects, common part, link
  expect_right_gradient(mixed(14, 1), Eigen::VectorXd::LinSpaced(10, -1.1, 0.6));
}

TEST(GaussianProcess, has_a_positive_definite_kernel_of_categories_and_tiers) {
  auto data = mixed(60, 2);
  ProcessParameters const parameters{Eigen::Vector2d(0.7, 1.5), 2.0, 0.0, Eigen::Vector2d(0.3, 2.0),
                                     Eigen::Vector2d::Ones(),   0.4, 0.2, Eigen::VectorXd::Constant(1, 0.8)};
  data.standard_errors.setConstant(10.0);  // so that the posterior of the first points is nearly the prior
  GaussianProcess const process(data, parameters);
  for (int tier = 0; tier < 2; ++tier) {
    auto const joint = process.predict_joint({data.inputs, data.choices, tier});
    EXPECT_GT(symmetric_eigen(joint.covariance).values[0], -1e-12);
    EXPECT_NEAR(joint.covariance.diagonal().maxCoeff(), 2.0, 0.5);
  }
}

/// Of some inputs on one tier alone.
ProcessData on_one_tier(Eigen::VectorXd const& inputs, Eigen::VectorXd const& values) {
  return {inputs, values, Eigen::VectorXd::Zero(inputs.size())};
}

TEST(GaussianProcess, takes_a_cheap_tier_for_the_mean_of_a_dear_one) {
  // many cheap values and a few dear ones at the same places: ρ times the process of the cheap ones is the mean, and
  // what it leaves of the dear ones is a process of its own, with 1 - ρ² of the variance
  auto const rho = 0.8;
  Eigen::VectorXd const cheap = Eigen::VectorXd::LinSpaced(9, 0.0, 4.0), dear = cheap({1, 4, 6});
  Eigen::VectorXd const low = (2.0 * cheap.array()).sin(), high = 0.9 * (2.0 * dear.array()).sin() + 0.2 * dear.array();
  ProcessData both{Eigen::VectorXd(12), Eigen::VectorXd(12), Eigen::VectorXd::Zero(12)};
  both.inputs << cheap, dear;
  both.values << low, high;
  both.tiers = Eigen::VectorXi::Zero(12);
  both.tiers.tail(3).setOnes();
  both.form.tiers = 2;
  ProcessParameters parameters{Eigen::VectorXd::Constant(1, 0.9), 2.0, 0.0};
  GaussianProcess const bulk(on_one_tier(cheap, low), parameters);
  auto own = parameters;
  own.variance *= 1.0 - rho * rho;
  GaussianProcess const rest(on_one_tier(dear, high - rho * low({1, 4, 6})), own);
  parameters.links = Eigen::VectorXd::Constant(1, rho);

  GaussianProcess const joint(both, parameters);

  for (double const x : {0.2, 1.3, 2.9, 3.7, 6.0}) {
    ProcessQuery const query{Eigen::MatrixXd::Constant(1, 1, x), {}, 1};
    auto const place = Eigen::VectorXd::Constant(1, x);
    auto const whole = joint.predict(query)[0], mean = bulk.predict(place), left = rest.predict(place);
    EXPECT_NEAR(whole.mean, rho * mean.mean + left.mean, 1e-9);  // rounding, of a covariance of condition 1e4
    EXPECT_NEAR(whole.variance, rho * rho * mean.variance + left.variance, 1e-9);
  }
}

TEST(GaussianProcess, learns_which_choices_are_alike) {
  ProcessFit options;
  options.standardise_inputs = false;
  auto const data = mixed(80, 3);
  auto const process = GaussianProcess::fit(data, options);

  auto const test = mixed(60, 4);
  double squares = 0.0;
  for (Eigen::Index i = 0; i < 60; ++i) {
    auto const one = process.predict({test.inputs.row(i), test.choices.row(i), test.tiers[i]}).front();
    squares += std::pow(one.mean - test.values[i], 2) / 60;
  }
  EXPECT_LT(std::sqrt(squares), 0.15);  // of values that spread by 0.8, from errors of 0.05
  EXPECT_GT(process.parameters().links[0], 0.8);
}

TEST(GaussianProcess, appends_what_it_would_have_been_made_with) {
  auto const all = mixed(40, 5);
  ProcessParameters const parameters{Eigen::Vector2d(0.7, 1.5), 2.0, 0.01, Eigen::Vector2d(0.3, 2.0),
                                     Eigen::Vector2d::Ones(),   0.4, 0.2,  Eigen::VectorXd::Constant(1, 0.8)};
  auto first = all;
  for (auto* matrix : {&first.inputs}) matrix->conservativeResize(25, Eigen::NoChange);
  first.choices.conservativeResize(25, Eigen::NoChange);
  first.values.conservativeResize(25);
  first.standard_errors.conservativeResize(25);
  first.tiers.conservativeResize(25);
  GaussianProcess const whole(all, parameters);
  GaussianProcess grown(first, parameters);
  for (Eigen::Index i = 25; i < 40; ++i) {
    grown.append({all.inputs.row(i), all.choices.row(i), all.tiers[i]}, all.values[i], all.standard_errors[i]);
  }

  ProcessQuery const query{Eigen::RowVector3d(0.2, 0.4, 0.9), Eigen::RowVector2i(2, 1), 1};
  EXPECT_NEAR(grown.predict(query)[0].mean, whole.predict(query)[0].mean, 1e-10);
  EXPECT_NEAR(grown.predict(query)[0].variance, whole.predict(query)[0].variance, 1e-10);
  EXPECT_NEAR(grown.means(query)[0], whole.predict(query)[0].mean, 1e-10);
  auto const loaded = GaussianProcess::load(grown.save());
  EXPECT_EQ(loaded.predict(query)[0].mean, grown.predict(query)[0].mean);
  EXPECT_EQ(loaded.save(), grown.save());
  grown.truncate(25);
  EXPECT_EQ(grown.predict(query)[0].mean, GaussianProcess(first, parameters).predict(query)[0].mean);
  std::vector<Eigen::Index> every(40);
  for (Eigen::Index i = 0; i < 40; ++i) every[static_cast<std::size_t>(i)] = i;
  EXPECT_NEAR(whole.subset(every).predict(query)[0].variance, whole.predict(query)[0].variance, 1e-10);
}

TEST(GaussianProcess, knows_the_slopes_of_its_posterior) {
  ProcessFit options;
  options.standardise_inputs = false;
  auto const process = GaussianProcess::fit(mixed(40, 6), options);
  ProcessQuery const query{Eigen::RowVector3d(0.2, 0.4, 0.9), Eigen::RowVector2i(2, 1), 1};
  auto const slope = process.predict_slope(query);

  EXPECT_NEAR(slope.posterior.mean, process.predict(query)[0].mean, 1e-10);
  for (Eigen::Index i = 0; i < 3; ++i) {
    auto above = query, below = query;
    above.inputs(0, i) += 1e-5;
    below.inputs(0, i) -= 1e-5;
    auto const up = process.predict(above)[0], down = process.predict(below)[0];
    EXPECT_NEAR(slope.mean[i], (up.mean - down.mean) / 2e-5, 1e-6);
    EXPECT_NEAR(slope.variance[i], (up.variance - down.variance) / 2e-5, 1e-6);
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
