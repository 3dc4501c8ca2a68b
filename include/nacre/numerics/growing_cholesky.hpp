/// The lower factor of a covariance that grows by a row at a time: a Gaussian process that is told one more value.
///
/// Rows are stored one after the other. A row is appended in n² operations, and blocks of right-hand sides are solved
/// with the same operations in the same order on every instruction set.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <optional>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API GrowingCholesky {
 public:
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  GrowingCholesky() = default;
  /// Nothing if `matrix` is not positive definite (or not finite). Only its lower half is read.
  static std::optional<GrowingCholesky> factor(Eigen::MatrixXd const& matrix);

  /// One more row of the matrix: its elements left of the diagonal, and the diagonal.
  /// @param least what the square of the new diagonal element of the factor is raised to (a point that repeats another)
  void append(Eigen::VectorXd const& row, double diagonal, double least);
  /// Forgets all rows but the first `size`.
  void truncate(Eigen::Index size) { size_ = std::min(size, size_); }
  Eigen::Index size() const { return size_; }

  Eigen::VectorXd solve(Eigen::VectorXd const& right) const;        ///< A⁻¹·b
  Eigen::VectorXd solve_lower(Eigen::VectorXd const& right) const;  ///< L⁻¹·b
  Eigen::VectorXd solve_upper(Eigen::VectorXd const& right) const;  ///< L⁻ᵀ·b
  /// L⁻¹·B for many right-hand sides, the columns.
  RowMajor solve_lower(RowMajor right) const;
  double element(Eigen::Index i, Eigen::Index j) const { return rows_(i, j); }

 private:
  RowMajor rows_;  ///< with room to grow
  Eigen::Index size_ = 0;
};

}  // namespace nacre
