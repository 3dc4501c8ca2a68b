#include "nacre/numerics/vecchia_process.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Numbers, categories with and without descriptors, and two tiers.
ProcessData mixed(Eigen::Index points) {
  Rng rng(1, "vecchia", 0);
  ProcessData data{Eigen::MatrixXd(points, 2), Eigen::VectorXd(points), Eigen::VectorXd(points)};
  data.choices.resize(points, 2);
  data.tiers.resize(points);
  data.form = {{}, {{3, {}}, {4, Eigen::Vector4d(0, 0.1, 0.8, 1)}}, 2};
  for (Eigen::Index i = 0; i < points; ++i) {
    data.inputs.row(i) << rng.uniform(), rng.uniform();
    data.choices.row(i) << static_cast<int>(rng.below(3)), static_cast<int>(rng.below(4));
    data.tiers[i] = static_cast<int>(rng.below(2));
    data.values[i] = std::sin(4 * data.inputs(i, 0)) + 0.3 * data.choices(i, 0) * data.tiers[i];
    data.standard_errors[i] = rng.uniform(0.01, 0.1);
  }
  return data;
}

TEST(VecchiaProcess, is_the_exact_process_if_all_points_are_neighbours) {
  auto const data = mixed(80);
  ProcessParameters const parameters{Eigen::Vector2d(0.7, 1.5), 2.0, 1e-4, Eigen::Vector2d(0.3, 2.0),
                                     Eigen::Vector2d::Ones(),   0.4, 0.2,  Eigen::VectorXd::Constant(1, 0.8)};
  ProcessQuery query{Eigen::MatrixXd(12, 2), data.choices.topRows(12), 1};
  query.inputs = (data.inputs.topRows(12).array() + 0.03).matrix();

  auto const all = VecchiaProcess(data, parameters, 80).predict(query);

  auto const exact = GaussianProcess(data, parameters).predict(query);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(all[i].mean, exact[i].mean, 1e-8);
    EXPECT_NEAR(all[i].variance, exact[i].variance, 1e-8);
  }
}

/// Waves in four dimensions.
double waves(Eigen::Vector4d const& x) {
  return std::sin(6 * x[0] + 2 * x[1]) + std::cos(5 * x[2]) * (0.5 + x[3]) + std::exp(-x[1] * x[1]);
}

ProcessData cloud(Eigen::Index points, Eigen::Vector4d const& center, double reach, std::uint64_t seed) {
  Rng rng(seed, "cloud", 0);
  ProcessData data{Eigen::MatrixXd(points, 4), Eigen::VectorXd(points), Eigen::VectorXd::Constant(points, 0.02)};
  for (Eigen::Index i = 0; i < points; ++i) {
    for (Eigen::Index f = 0; f < 4; ++f) data.inputs(i, f) = center[f] + rng.uniform(-reach, reach);
    data.values[i] = waves(data.inputs.row(i).transpose());
  }
  return data;
}

template <class Process>
double error_of(Process const& process, ProcessData const& test) {
  auto const found = process.predict(ProcessQuery{test.inputs});
  double squares = 0.0;
  for (std::size_t i = 0; i < found.size(); ++i)
    squares += std::pow(found[i].mean - test.values[static_cast<Eigen::Index>(i)], 2);
  return std::sqrt(squares / static_cast<double>(found.size()));
}

TEST(VecchiaProcess, knows_everywhere_what_a_model_of_five_hundred_points_knows_close_by) {
  Eigen::Vector4d const middle = Eigen::Vector4d::Constant(0.5);
  auto data = cloud(3000, middle, 0.5, 1);
  Rng rng(2, "errors", 0);
  for (auto& value : data.values) value += 0.02 * rng.normal();
  ProcessParameters const parameters{Eigen::Vector4d(0.6, 1.0, 0.7, 2.0), 2.0, 1e-6};
  std::vector<std::pair<double, Eigen::Index>> order;
  for (Eigen::Index i = 0; i < 3000; ++i)
    order.emplace_back(((data.inputs.row(i).transpose() - middle).cwiseQuotient(parameters.lengths)).norm(), i);
  std::ranges::sort(order);
  std::vector<Eigen::Index> near;
  for (std::size_t i = 0; i < 500; ++i) near.push_back(order[i].second);

  VecchiaProcess const whole(data, parameters, 60);
  GaussianProcess const local({data.inputs(near, Eigen::all), data.values(near), data.standard_errors(near)},
                              parameters);

  auto const anywhere = cloud(100, middle, 0.5, 3), close = cloud(100, middle, 0.1, 4);
  EXPECT_LT(error_of(whole, anywhere), 0.1 * error_of(local, anywhere));  // 0.0135 and 0.358
  EXPECT_LT(error_of(whole, close), 2.0 * error_of(local, close));        // 0.0065 and 0.0048
}

TEST(VecchiaProcess, lives_with_equal_points_and_refuses_what_is_no_model) {
  auto data = cloud(40, Eigen::Vector4d::Zero(), 1.0, 5);
  data.inputs.bottomRows(20) = data.inputs.topRows(20);
  data.values.bottomRows(20) = data.values.topRows(20);
  data.standard_errors.setZero();
  ProcessParameters const parameters{Eigen::Vector4d::Ones(), 1.0, 0.0};

  auto const found = VecchiaProcess(data, parameters, 6).predict(ProcessQuery{data.inputs.topRows(1)});

  EXPECT_NEAR(found[0].mean, data.values[0], 1e-6);  // what makes equal points bearable is 1e-8 of the variance at most
  EXPECT_THROW(VecchiaProcess(data, parameters, 0), InputError);
  EXPECT_THROW(VecchiaProcess(data, {Eigen::Vector2d::Ones(), 1.0, 0.0}), InputError);
}

}  // namespace
}  // namespace nacre
