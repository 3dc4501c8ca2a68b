/// A monotonic function of the target in which its errors look alike: heavy tails are learned there. Internal to score.
#pragma once

#include <Eigen/Core>

namespace nacre::detail {

/// Mean and standard deviation.
struct Moments {
  double mean = 0.0, deviation = 0.0;
};

/// Identity, the logarithm (values above 0), or arsinh((y - centre) / scale).
class TargetTransform {
 public:
  /// The one under which the leave-one-out errors of a ridge regression are likeliest if they are normal, Jacobian
  /// included (G. E. P. Box and D. R. Cox, J. R. Stat. Soc. B 26, 211 (1964)); another than the identity must be better
  /// by `least_gain` in the logarithm.
  static TargetTransform choose(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values);

  Eigen::VectorXd forward(Eigen::VectorXd const& values) const;
  /// Of the value whose transform is normally distributed. The mean is kept within the range of the values seen and one
  /// standard deviation, since the inverse grows exponentially.
  Moments back(Moments const& transformed) const;

 private:
  enum class Kind { identity, logarithm, arsinh };
  static constexpr double least_gain = 4.0;
  double log_slopes(Eigen::VectorXd const& values) const;
  void limit(Eigen::VectorXd const& values);

  Kind kind_ = Kind::identity;
  double centre_ = 0.0, scale_ = 1.0;
  double low_ = 0.0, high_ = 0.0, widest_ = 0.0;  ///< of transformed values
};

}  // namespace nacre::detail
