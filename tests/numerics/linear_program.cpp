#include "nacre/numerics/linear_program.hpp"

#include "nacre/core/rng.hpp"
#include "nacre/numerics/linalg.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using State = LinearSolution::State;

TEST(LinearProgram, finds_the_corner_of_least_cost) {
  Eigen::MatrixXd matrix(2, 4);
  matrix << 1, 1, 1, 0, 1, 3, 0, 1;

  auto const solution = minimize_linear(Eigen::Vector4d(-3, -5, 0, 0), matrix, Eigen::Vector2d(4, 6));

  ASSERT_EQ(solution.state, State::optimal);
  EXPECT_NEAR(solution.x[0], 3.0, 1e-12);  // both constraints are tight there
  EXPECT_NEAR(solution.x[1], 1.0, 1e-12);
  EXPECT_NEAR(solution.value, -14.0, 1e-12);
}

TEST(LinearProgram, tells_infeasible_and_unbounded) {
  Eigen::MatrixXd matrix(1, 2);
  matrix << 1, -1;

  EXPECT_EQ(minimize_linear(Eigen::Vector2d(-1, 0), matrix, Eigen::VectorXd::Constant(1, 1.0)).state, State::unbounded);
  EXPECT_EQ(minimize_linear(Eigen::Vector2d(1, 0), matrix.cwiseAbs(), Eigen::VectorXd::Constant(1, -1.0)).state,
            State::infeasible);
}

TEST(LinearProgram, bears_redundant_equations_and_equal_columns) {
  Eigen::MatrixXd matrix(3, 4);
  matrix << 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0;

  auto const solution = minimize_linear(Eigen::Vector4d(2, 2, 1, 3), matrix, Eigen::Vector3d(1, 1, 0));

  ASSERT_EQ(solution.state, State::optimal);
  EXPECT_NEAR(solution.value, 2.0, 1e-12);
  EXPECT_NEAR(solution.x[0], 1.0, 1e-12);  // the first of two equal columns
}

/// E. M. L. Beale's example (Naval Res. Logist. Q. 2, 269 (1955)), on which steepest pivots go round for ever.
TEST(LinearProgram, does_not_cycle) {
  Eigen::MatrixXd matrix(3, 7);
  matrix << 0.25, -60, -0.04, 9, 1, 0, 0, 0.5, -90, -0.02, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1;
  Eigen::VectorXd cost(7);
  cost << -0.75, 150, -0.02, 6, 0, 0, 0;

  auto const solution = minimize_linear(cost, matrix, Eigen::Vector3d(0, 0, 1));

  ASSERT_EQ(solution.state, State::optimal);
  EXPECT_NEAR(solution.value, -0.05, 1e-12);
}

/// Every corner of a small program tried: the least cost is the same.
TEST(LinearProgram, agrees_with_all_corners_of_random_programs) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed, "linear-program", 0);
    Eigen::MatrixXd matrix(2, 6);
    for (double& x : matrix.reshaped()) x = rng.uniform(0.0, 1.0);
    Eigen::VectorXd cost(6);
    for (double& x : cost) x = rng.uniform(-1.0, 1.0);
    Eigen::Vector2d const right = matrix * Eigen::VectorXd::Constant(6, 0.3);  // so that there is a solution
    double least = 1e9;
    for (int i = 0; i < 6; ++i) {
      for (int j = i + 1; j < 6; ++j) {
        Eigen::Matrix2d corner;
        corner << matrix.col(i), matrix.col(j);
        auto const x = solve(corner, right);
        if (x.minCoeff() > -1e-12) least = std::min(least, cost[i] * x[0] + cost[j] * x[1]);
      }
    }

    auto const solution = minimize_linear(cost, matrix, right);

    ASSERT_EQ(solution.state, State::optimal);
    EXPECT_NEAR(solution.value, least, 1e-10);  // roundings of a 2x2 system that may be badly conditioned
    EXPECT_LT((matrix * solution.x - right).norm(), 1e-10);
  }
}

}  // namespace
}  // namespace nacre
