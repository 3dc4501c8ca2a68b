#include "nacre/numerics/growing_cholesky.hpp"

#include "nacre/core/rng.hpp"
#include "nacre/numerics/linalg.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Eigen::MatrixXd random_covariance(Eigen::Index size) {
  Rng rng(1, "covariance", 0);
  Eigen::MatrixXd half(size, size);
  for (auto& entry : half.reshaped()) entry = rng.normal();
  return half * half.transpose() + Eigen::MatrixXd::Identity(size, size);
}

TEST(GrowingCholesky, solves_as_it_grows) {
  Eigen::Index const size = 41, start = 3;
  auto const matrix = random_covariance(size);
  auto factor = *GrowingCholesky::factor(matrix.topLeftCorner(start, start));
  for (auto i = start; i < size; ++i) factor.append(matrix.row(i).head(i).transpose(), matrix(i, i), 1e-12);
  Eigen::VectorXd const right = Eigen::VectorXd::LinSpaced(size, -1, 2);

  EXPECT_LT((matrix * factor.solve(right) - right).norm(), 1e-10);  // condition number about 100
  auto const lower = Cholesky::factor(matrix)->lower();
  EXPECT_LT((lower * factor.solve_lower(right) - right).norm(), 1e-12);
  EXPECT_LT((lower.transpose() * factor.solve_upper(right) - right).norm(), 1e-12);
}

TEST(GrowingCholesky, solves_many_right_hand_sides_as_one) {
  auto const factor = *GrowingCholesky::factor(random_covariance(37));
  GrowingCholesky::RowMajor right(37, 19);
  for (auto& entry : right.reshaped()) entry = static_cast<double>(&entry - right.data()) / 100 - 3;

  auto const block = factor.solve_lower(right);

  for (Eigen::Index c = 0; c < right.cols(); ++c) {
    EXPECT_LT((block.col(c) - factor.solve_lower(Eigen::VectorXd(right.col(c)))).norm(), 1e-12);
  }
}

TEST(GrowingCholesky, forgets_rows_and_lives_with_repeated_ones) {
  auto const matrix = random_covariance(20);
  auto factor = *GrowingCholesky::factor(matrix.topLeftCorner(10, 10));
  auto const before = factor.solve(Eigen::VectorXd::Ones(10));
  factor.append(matrix.row(3).head(10).transpose(), matrix(3, 3), 1e-6);  // the fourth point once more

  EXPECT_EQ(factor.element(10, 10), 1e-3);
  factor.truncate(10);
  EXPECT_EQ(factor.solve(Eigen::VectorXd::Ones(10)), before);
  EXPECT_FALSE(GrowingCholesky::factor(-matrix).has_value());
}

}  // namespace
}  // namespace nacre
