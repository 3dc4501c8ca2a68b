/// What another evaluation promises, from what a model believes of its values. Everything is minimised, and everything
/// is a logarithm, so that the promise has a slope where it is far below the smallest number (S. Ament et al., NeurIPS
/// 2023, arXiv:2310.20708).
#pragma once

#include <span>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// A normal distribution.
struct Belief {
  double mean = 0.0;
  double deviation = 1.0;
};

/// A logarithm with its derivatives by mean and deviation.
struct Promise {
  double value = 0.0;
  double by_mean = 0.0, by_deviation = 0.0;
};

/// log Φ(z).
NACRE_API double log_normal_cdf(double z);
/// log E[max(best - y, 0)].
NACRE_API Promise log_expected_improvement(Belief const& belief, double best);
/// log P(y <= limit).
NACRE_API Promise log_probability_below(Belief const& belief, double limit);

/// The space that a front leaves open below the reference, cut into boxes.
class NACRE_API OpenSpace {
 public:
  /// @param front points with as many numbers as the reference; dominated ones and those not below it are ignored
  OpenSpace(std::vector<std::vector<double>> front, std::vector<double> reference);
  /// log E[hypervolume that a point adds], its numbers independent (exact; M. Emmerich, K. Yang et al., J. Global
  /// Optim. 75, 3 (2019) for boxes).
  double log_expected_gain(std::span<Belief const> beliefs) const;
  std::size_t boxes() const { return boxes_.size(); }

 private:
  struct Box {
    std::vector<int> low, high;  ///< indices into the levels of each objective; level 0 is -infinity
  };
  void cut(std::vector<std::vector<double>> const& front, std::size_t dimensions, Box box);
  std::vector<std::vector<double>> levels_;
  std::vector<Box> boxes_;
};

}  // namespace nacre
