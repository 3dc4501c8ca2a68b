/// Linear regression with a penalty that the data choose.
#pragma once

#include <Eigen/Core>

#include "nacre/core/api.hpp"

namespace nacre {

/// Least squares with a penalty λ n |b|² on standardised columns; λ of least squared leave-one-out errors, which are
/// r_i / (1 - h_i) with the leverages h (D. M. Allen, Technometrics 16, 125 (1974)).
class NACRE_API Ridge {
 public:
  /// @param inputs one ROW per point; without columns the mean is fitted
  Ridge(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values);
  Eigen::VectorXd means(Eigen::MatrixXd const& inputs) const;
  double spread() const { return spread_; }  ///< root mean square of the leave-one-out errors

 private:
  double mean_;
  Eigen::VectorXd coefficients_;
  double spread_ = 0.0;
};

}  // namespace nacre
