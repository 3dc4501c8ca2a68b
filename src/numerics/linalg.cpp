#include "nacre/numerics/linalg.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {

std::optional<Cholesky> Cholesky::factor(Eigen::MatrixXd const& matrix) {
  Eigen::LLT<Eigen::MatrixXd> const decomposition(matrix);
  if (decomposition.info() != Eigen::Success) return std::nullopt;
  Cholesky result;
  result.lower_ = decomposition.matrixL();
  if (!result.lower_.allFinite()) return std::nullopt;
  return result;
}

Eigen::VectorXd Cholesky::solve_lower(Eigen::VectorXd const& right) const {
  return lower_.triangularView<Eigen::Lower>().solve(right);
}

Eigen::VectorXd Cholesky::solve(Eigen::VectorXd const& right) const {
  return lower_.triangularView<Eigen::Lower>().transpose().solve(solve_lower(right));
}

Eigen::MatrixXd Cholesky::inverse() const {
  Eigen::MatrixXd const half =
      lower_.triangularView<Eigen::Lower>().solve(Eigen::MatrixXd::Identity(lower_.rows(), lower_.cols()));
  return half.transpose() * half;
}

double Cholesky::log_determinant() const { return 2.0 * lower_.diagonal().array().log().sum(); }

SymmetricEigen symmetric_eigen(Eigen::MatrixXd const& matrix) {
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(matrix);
  if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite()) {
    throw Error(concat("the eigenvalues of a ", matrix.rows(), " x ", matrix.cols(), " matrix do not converge"));
  }
  SymmetricEigen result{solver.eigenvalues(), solver.eigenvectors()};
  for (auto column : result.vectors.colwise()) {
    Eigen::Index largest = 0;
    column.cwiseAbs().maxCoeff(&largest);
    if (column[largest] < 0.0) column *= -1.0;
  }
  return result;
}

Eigen::VectorXd solve(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right) {
  return Eigen::PartialPivLU<Eigen::MatrixXd>(matrix).solve(right);
}

Eigen::VectorXd least_squares(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right) {
  return Eigen::ColPivHouseholderQR<Eigen::MatrixXd>(matrix).solve(right);
}

}  // namespace nacre
