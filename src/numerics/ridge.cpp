#include "nacre/numerics/ridge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {

Ridge::Ridge(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values)
    : mean_(values.mean()), coefficients_(Eigen::VectorXd::Zero(inputs.cols())) {
  require(inputs.rows() == values.size() && values.size() > 0, "found ", inputs.rows(), " points with ", values.size(),
          " values (as many expected, and some)");
  auto const n = static_cast<double>(values.size());
  Eigen::VectorXd const centred = values.array() - mean_;
  spread_ = std::sqrt(centred.squaredNorm() / n);
  if (inputs.cols() == 0) return;
  auto const eigen = symmetric_eigen(inputs.transpose() * inputs / n);
  Eigen::MatrixXd const rotated = inputs * eigen.vectors;
  Eigen::VectorXd const right = rotated.transpose() * centred / n;
  double best = std::numeric_limits<double>::infinity();
  for (int power = -10; power <= 6; ++power) {
    Eigen::VectorXd const shrink = (eigen.values.array().max(0.0) + std::pow(10.0, 0.5 * power)).inverse();
    Eigen::VectorXd const residual = centred - rotated * shrink.cwiseProduct(right);
    Eigen::ArrayXd const leverage = 1.0 / n + (rotated.array().square().matrix() * shrink).array() / n;
    double const error = (residual.array() / (1.0 - leverage).max(1e-6)).square().mean();
    if (!(error < best)) continue;
    best = error;
    coefficients_ = eigen.vectors * shrink.cwiseProduct(right);
    spread_ = std::sqrt(error);
  }
}

Eigen::VectorXd Ridge::means(Eigen::MatrixXd const& inputs) const {
  require(inputs.cols() == coefficients_.size(), "found ", inputs.cols(), " inputs (the line was fitted to ",
          coefficients_.size(), ")");
  return (inputs * coefficients_).array() + mean_;
}

}  // namespace nacre
