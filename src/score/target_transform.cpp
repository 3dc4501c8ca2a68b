#include "target_transform.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nacre/numerics/ridge.hpp"

namespace nacre::detail {
namespace {

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double deviation_of(Eigen::VectorXd const& values) {
  return std::sqrt((values.array() - values.mean()).square().mean());
}

}  // namespace

Eigen::VectorXd TargetTransform::forward(Eigen::VectorXd const& values) const {
  if (kind_ == Kind::logarithm) return values.array().log();
  if (kind_ == Kind::arsinh)
    return ((values.array() - centre_) / scale_).unaryExpr([](double x) { return std::asinh(x); });
  return values;
}

/// Sum of log |d(transformed)/d(value)|.
double TargetTransform::log_slopes(Eigen::VectorXd const& values) const {
  if (kind_ == Kind::logarithm) return -values.array().log().sum();
  if (kind_ == Kind::arsinh) return -0.5 * ((values.array() - centre_).square() + scale_ * scale_).log().sum();
  return 0.0;
}

void TargetTransform::limit(Eigen::VectorXd const& values) {
  auto const seen = forward(values);
  widest_ = deviation_of(seen);
  low_ = seen.minCoeff() - widest_;
  high_ = seen.maxCoeff() + widest_;
}

TargetTransform TargetTransform::choose(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values) {
  std::vector<TargetTransform> known(1);
  if (values.minCoeff() > 0.0) known.emplace_back().kind_ = Kind::logarithm;
  double const centre = median({values.begin(), values.end()});
  Eigen::VectorXd const off = (values.array() - centre).abs();
  double const scale = 1.4826 * median({off.begin(), off.end()});  // of a normal distribution: its deviation
  if (scale > 1e-9 * off.maxCoeff()) {
    auto& arsinh = known.emplace_back();
    arsinh.kind_ = Kind::arsinh;
    arsinh.centre_ = centre;
    arsinh.scale_ = scale;
  }
  auto const n = static_cast<double>(values.size());
  TargetTransform best;
  double highest = 0.0;
  for (auto const& transform : known) {
    double const spread = Ridge(inputs, transform.forward(values)).spread();
    if (!(spread > 0.0)) continue;
    double const likelihood = transform.log_slopes(values) - n * std::log(spread);
    bool const first = transform.kind_ == Kind::identity;
    if (!first && !(likelihood > highest)) continue;
    best = transform;
    highest = first ? likelihood + least_gain : likelihood;
  }
  best.limit(values);
  return best;
}

Moments TargetTransform::back(Moments const& transformed) const {
  if (kind_ == Kind::identity) return transformed;
  double const m = std::clamp(transformed.mean, low_, high_), s = std::min(transformed.deviation, 1.5 * widest_);
  double const growth = std::exp(0.5 * s * s);
  if (kind_ == Kind::logarithm) {
    double const mean = std::exp(m) * growth;
    return {mean, mean * std::sqrt(growth * growth - 1.0)};
  }
  double const mean = std::sinh(m) * growth, square = 0.5 * (std::cosh(2.0 * m) * std::pow(growth, 4) - 1.0);
  return {centre_ + scale_ * mean, scale_ * std::sqrt(std::max(square - mean * mean, 0.0))};
}

}  // namespace nacre::detail
