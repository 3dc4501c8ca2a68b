#include "nacre/numerics/sparse_process.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Sample {
  ProcessData data;
  Eigen::MatrixXd fresh;
};

Sample sample(Eigen::Index points, std::uint64_t seed) {
  Rng rng(seed, "sparse", 0);
  Sample s{{Eigen::MatrixXd(points, 3), Eigen::VectorXd(points), Eigen::VectorXd::Constant(points, 0.1)},
           Eigen::MatrixXd(50, 3)};
  for (auto& x : s.data.inputs.reshaped()) x = rng.uniform();
  for (auto& x : s.fresh.reshaped()) x = rng.uniform();
  for (Eigen::Index i = 0; i < points; ++i)
    s.data.values[i] = std::sin(4.0 * s.data.inputs(i, 0)) + s.data.inputs(i, 1) + 0.1 * rng.normal();
  return s;
}

ProcessParameters smooth() {
  ProcessParameters p;
  p.lengths = Eigen::Vector3d(0.8, 1.5, 6.0);
  p.noise = 1e-4;
  return p;
}

TEST(SparseProcess, is_the_exact_process_if_every_point_induces) {
  auto const s = sample(60, 1);

  auto const sparse = SparseProcess(s.data, smooth(), 60).predict(s.fresh);

  auto const exact = GaussianProcess(s.data, smooth()).predict(ProcessQuery{s.fresh});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_NEAR(sparse[i].mean, exact[i].mean, 1e-5);  // the inducing points are known to 1e-9 of the variance
    EXPECT_NEAR(sparse[i].variance, exact[i].variance, 1e-5);
  }
}

TEST(SparseProcess, stays_within_a_tenth_of_the_standard_deviation_with_few_points) {
  auto const s = sample(600, 2);

  auto const sparse = SparseProcess(s.data, smooth(), 128).predict(s.fresh);

  auto const exact = GaussianProcess(s.data, smooth()).predict(ProcessQuery{s.fresh});
  for (std::size_t i = 0; i < exact.size(); ++i) {
    EXPECT_LT(std::abs(sparse[i].mean - exact[i].mean), 0.1 * std::sqrt(exact[i].variance)) << i;
    EXPECT_NEAR(sparse[i].variance, exact[i].variance, 0.1 * exact[i].variance) << i;
  }
}

TEST(SparseProcess, does_not_depend_on_how_many_points_are_asked_at_once) {
  auto const s = sample(80, 3);
  SparseProcess const process(s.data, smooth(), 20);

  auto const all = process.predict(s.fresh), one = process.predict(s.fresh.row(33));

  EXPECT_EQ(all[33].mean, one[0].mean);
  EXPECT_EQ(all[33].variance, one[0].variance);
  EXPECT_EQ(process.size(), 20);
}

TEST(SparseProcess, takes_equal_points_once) {
  auto s = sample(40, 4);
  s.data.inputs.bottomRows(20) = s.data.inputs.topRows(20);

  EXPECT_EQ(SparseProcess(s.data, smooth(), 40).size(), 20);
  s.data.standard_errors.setZero();
  auto silent = smooth();
  silent.noise = 0.0;
  EXPECT_THROW(SparseProcess(s.data, silent, 40), InputError);
}

}  // namespace
}  // namespace nacre
