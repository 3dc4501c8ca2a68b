#include "nacre/numerics/maxvol.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

Eigen::MatrixXd random_rows(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  Rng rng(seed, "maxvol", 0);
  Eigen::MatrixXd matrix(rows, columns);
  for (double& x : matrix.reshaped()) x = rng.normal();
  return matrix;
}

double volume(Eigen::MatrixXd const& matrix, std::vector<Eigen::Index> const& rows) {
  Eigen::MatrixXd part(matrix.cols(), matrix.cols());
  for (std::size_t k = 0; k < rows.size(); ++k) part.row(static_cast<Eigen::Index>(k)) = matrix.row(rows[k]);
  return std::abs(part.determinant());
}

TEST(MaxVol, spans_every_row_with_coefficients_of_at_most_one) {
  auto const matrix = random_rows(200, 8, 1);

  auto const chosen = find_maxvol(matrix);

  for (Eigen::Index row = 0; row < matrix.rows(); ++row)
    EXPECT_LE(extrapolation(chosen, matrix.row(row).transpose()), 1.001 + 1e-9);
  EXPECT_NEAR(extrapolation(chosen, 3.0 * matrix.row(chosen.rows[2]).transpose()), 3.0, 1e-9);
}

// Of twelve points in a plane all 66 pairs can be tried. A swap that gains less than 0.1 % is left.
TEST(MaxVol, has_the_largest_volume_of_all_pairs) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const matrix = random_rows(12, 2, seed);
    double best = 0.0;
    for (Eigen::Index a = 0; a < 12; ++a)
      for (Eigen::Index b = a + 1; b < 12; ++b) best = std::max(best, volume(matrix, {a, b}));
    // local maxima are within a factor of the dimension; in two dimensions of these points nearly always the best
    EXPECT_GT(volume(matrix, find_maxvol(matrix).rows), best / 2.0) << seed;
  }
}

TEST(MaxVol, takes_the_corners_of_a_planted_simplex) {
  auto matrix = Eigen::MatrixXd(random_rows(60, 3, 4) * 0.1);
  for (Eigen::Index k = 0; k < 3; ++k) matrix.row(10 + 20 * k) = Eigen::RowVector3d::Unit(k) * 5.0;

  auto rows = find_maxvol(matrix).rows;

  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<Eigen::Index>{10, 30, 50}));
}

TEST(MaxVol, breaks_ties_by_the_lowest_row_and_refuses_dependent_columns) {
  Eigen::MatrixXd twice(4, 2);
  twice << 1, 0, 0, 1, 1, 0, 0, 1;
  EXPECT_EQ(find_maxvol(twice).rows, (std::vector<Eigen::Index>{0, 1}));
  EXPECT_THROW(find_maxvol(Eigen::MatrixXd::Ones(5, 2)), InputError);
  EXPECT_THROW(find_maxvol(Eigen::MatrixXd::Ones(1, 2)), InputError);
}

}  // namespace
}  // namespace nacre
