/// Dense linear algebra. Eigen's decompositions are slow to compile, so they are instantiated in linalg.cpp alone.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "nacre/core/api.hpp"

namespace nacre {

/// Lower factor of a symmetric positive definite matrix, A = L·Lᵀ.
class NACRE_API Cholesky {
 public:
  /// Nothing if `matrix` is not positive definite (or not finite). Only its lower half is read.
  static std::optional<Cholesky> factor(Eigen::MatrixXd const& matrix);
  Eigen::MatrixXd const& lower() const { return lower_; }
  Eigen::VectorXd solve(Eigen::VectorXd const& right) const;        ///< A⁻¹·b
  Eigen::VectorXd solve_lower(Eigen::VectorXd const& right) const;  ///< L⁻¹·b
  Eigen::MatrixXd inverse() const;
  double log_determinant() const;

 private:
  Eigen::MatrixXd lower_;
};

struct SymmetricEigen {
  Eigen::VectorXd values;   ///< increasing
  Eigen::MatrixXd vectors;  ///< columns, orthonormal; the largest entry of each is positive (ties: the first)
};
/// @throws Error if it does not converge (entries that are not finite)
NACRE_API SymmetricEigen symmetric_eigen(Eigen::MatrixXd const& matrix);

/// A⁻¹·b of a square matrix, by an LU decomposition with partial pivoting; not finite if it is singular.
NACRE_API Eigen::VectorXd solve(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right);

/// Minimises |A·x - b|, by a QR decomposition with column pivoting; of rank-deficient problems the basic solution.
NACRE_API Eigen::VectorXd least_squares(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right);

}  // namespace nacre
