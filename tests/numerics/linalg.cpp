#include "nacre/numerics/linalg.hpp"

#include "nacre/core/error.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Eigen::Matrix3d positive() {
  Eigen::Matrix3d matrix;
  matrix << 4, 2, 0, 2, 5, 1, 0, 1, 3;
  return matrix;
}

TEST(Cholesky, solves_and_inverts) {
  auto const factor = Cholesky::factor(positive());
  Eigen::Vector3d const right(1, -2, 3);

  ASSERT_TRUE(factor.has_value());
  // a few roundings of numbers near 5
  EXPECT_LT((factor->lower() * factor->lower().transpose() - positive()).norm(), 1e-14);
  EXPECT_LT((positive() * factor->solve(right) - right).norm(), 1e-14);
  EXPECT_LT((factor->lower() * factor->solve_lower(right) - right).norm(), 1e-14);
  EXPECT_LT((positive() * factor->inverse() - Eigen::Matrix3d::Identity()).norm(), 1e-14);
  EXPECT_NEAR(factor->log_determinant(), std::log(44.0), 1e-14);  // 4(15 - 1) - 2(6)
}

TEST(Cholesky, says_no_to_what_is_not_positive_definite) {
  Eigen::Matrix2d matrix;
  matrix << 1, 2, 2, 1;
  EXPECT_FALSE(Cholesky::factor(matrix).has_value());
  matrix << 1, 0, 0, std::nan("");
  EXPECT_FALSE(Cholesky::factor(matrix).has_value());
}

TEST(SymmetricEigen, gives_increasing_values_and_signed_vectors) {
  Eigen::Matrix2d matrix;
  matrix << 2, -1, -1, 2;

  auto const [values, vectors] = symmetric_eigen(matrix);

  EXPECT_NEAR(values[0], 1.0, 1e-15);
  EXPECT_NEAR(values[1], 3.0, 1e-15);
  EXPECT_GT(vectors(0, 0), 0.0);
  EXPECT_LT((matrix * vectors - vectors * values.asDiagonal()).norm(), 1e-14);
  EXPECT_THROW(symmetric_eigen(Eigen::Matrix2d::Constant(std::nan(""))), Error);
}

TEST(LeastSquares, fits_a_line) {
  Eigen::MatrixXd matrix(4, 2);
  matrix << 1, 0, 1, 1, 1, 2, 1, 3;

  auto const line = least_squares(matrix, Eigen::Vector4d(1, 3, 4, 8));

  EXPECT_NEAR(line[0], 0.7, 1e-14);  // normal equations by hand: 4a + 6b = 16, 6a + 14b = 35
  EXPECT_NEAR(line[1], 2.2, 1e-14);
}

}  // namespace
}  // namespace nacre
