#include "nacre/numerics/maxvol.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {
namespace {

constexpr double most = 1.001;         // a coefficient may be
constexpr double least_pivot = 1e-12;  // relative to the largest entry
constexpr int most_swaps = 10'000;     // each multiplies the volume by 1.001 or more

/// Rows in the order in which elimination takes them as pivots.
std::vector<Eigen::Index> eliminate(Eigen::MatrixXd left) {
  std::vector<Eigen::Index> rows;
  double const scale = left.cwiseAbs().maxCoeff();
  for (Eigen::Index column = 0; column < left.cols(); ++column) {
    Eigen::Index pivot = 0;
    double const size = left.col(column).cwiseAbs().maxCoeff(&pivot);  // the first of equal ones
    require(size > least_pivot * scale, "the columns of a matrix of ", left.rows(),
            " rows are linearly dependent (at column ", column + 1, ")");
    Eigen::RowVectorXd const taken = left.row(pivot);
    Eigen::VectorXd const factor = left.col(column) / taken[column];
    left.noalias() -= factor * taken;
    left.row(pivot).setZero();
    rows.push_back(pivot);
  }
  return rows;
}

Eigen::MatrixXd inverse_of(Eigen::MatrixXd const& square) {
  Eigen::MatrixXd inverse(square.rows(), square.cols());
  for (Eigen::Index k = 0; k < square.cols(); ++k)
    inverse.col(k) = solve(square, Eigen::VectorXd::Unit(square.rows(), k));
  return inverse;
}

/// The largest coefficient, the lowest row and then column of equal ones.
std::pair<Eigen::Index, Eigen::Index> largest(Eigen::MatrixXd const& coefficients) {
  std::pair<Eigen::Index, Eigen::Index> best{0, 0};
  double size = -1.0;
  for (Eigen::Index row = 0; row < coefficients.rows(); ++row) {
    for (Eigen::Index column = 0; column < coefficients.cols(); ++column) {
      if (std::abs(coefficients(row, column)) <= size) continue;
      size = std::abs(coefficients(row, column));
      best = {row, column};
    }
  }
  return best;
}

}  // namespace

MaxVol find_maxvol(Eigen::MatrixXd const& matrix) {
  require(matrix.cols() >= 1 && matrix.rows() >= matrix.cols(), "a matrix of ", matrix.rows(),
          " rows has no square part of ", matrix.cols());
  MaxVol chosen;
  chosen.rows = eliminate(matrix);
  auto const part = [&] {
    Eigen::MatrixXd square(matrix.cols(), matrix.cols());
    for (Eigen::Index k = 0; k < square.rows(); ++k)
      square.row(k) = matrix.row(chosen.rows[static_cast<std::size_t>(k)]);
    return square;
  };
  Eigen::MatrixXd coefficients = matrix * inverse_of(part());
  for (int swap = 0; swap < most_swaps; ++swap) {
    auto const [row, column] = largest(coefficients);
    double const pivot = coefficients(row, column);
    if (std::abs(pivot) <= most) break;
    Eigen::RowVectorXd change = coefficients.row(row);
    change[column] -= 1.0;
    Eigen::VectorXd const factor = coefficients.col(column) / pivot;
    coefficients.noalias() -= factor * change;
    chosen.rows[static_cast<std::size_t>(column)] = row;
  }
  chosen.inverse = inverse_of(part());
  return chosen;
}

double extrapolation(MaxVol const& chosen, Eigen::VectorXd const& row) {
  return (row.transpose() * chosen.inverse).cwiseAbs().maxCoeff();
}

}  // namespace nacre
