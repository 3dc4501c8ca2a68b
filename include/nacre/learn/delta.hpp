/// What a dear level says beyond a cheap one: y_dear = y_cheap + delta, with an honest error where there are few
/// labels.
///
/// delta is a Gaussian process over what designs have in common: an offset of all, a slope in the cheap value, a share
/// of each pair of planes, of each contact (planes and terminations), and the design's own (autoregressive in the sense
/// of M. C. Kennedy and A. O'Hagan, Biometrika 87, 1 (2000), doi:10.1093/biomet/87.1.1). Its scale is unknown: an
/// inverse-gamma prior makes the posterior a Student t, wider the fewer labels there are. How the variance is shared
/// out is not fitted but averaged over a grid, weighted by evidence.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Equal numbers mean equal things; which numbers they are does not matter.
struct DeltaPoint {
  std::int64_t design = -1;
  int pair = -1, contact = -1;
  double cheap = 0.0;
};

struct DeltaLabel {
  DeltaPoint point;
  double difference = 0.0;  ///< dear less cheap
  double error = 0.0;       ///< of the difference
};

class NACRE_API Delta {
 public:
  struct Shift {
    double mean = 0.0, error = 0.0;
    double shared = 0.0;  ///< the part of the error that designs of one contact share
  };
  /// @param scale how far the cheap level is off by nature, before any label; positive
  /// @throws InputError for labels or a scale that are no numbers
  Delta(std::vector<DeltaLabel> labels, double scale);

  std::size_t size() const { return labels_.size(); }
  Shift at(DeltaPoint const& point) const;
  /// Variance of delta(a) - delta(b): what both share does not count.
  double variance_of_difference(DeltaPoint const& a, DeltaPoint const& b) const;

 private:
  struct Form {  ///< shares of the variance, in units of the scale's
    double slope = 0.0, pair = 0.0, contact = 0.0, own = 0.0;
  };
  struct Member {  ///< of the average
    Form form;
    double weight = 1.0;
    double variance = 1.0;     ///< mean of the scale's square
    Eigen::MatrixXd inverse;   ///< of the labels' covariance
    Eigen::VectorXd solution;  ///< inverse times differences
  };
  /// Along the cheap value: mean = a + b z, explained variance = c + 2 d z + e z^2, z the centred cheap value.
  struct Line {
    double a = 0.0, b = 0.0, c = 0.0, d = 0.0, e = 0.0;
  };
  bool is_labelled(DeltaPoint const& point) const;
  std::vector<Line> const& lines(DeltaPoint const& point) const;
  double prior_variance(DeltaPoint const& point) const;
  double kernel(Form const& form, DeltaPoint const& a, DeltaPoint const& b) const;
  Eigen::VectorXd kernels(Form const& form, DeltaPoint const& point) const;
  Member member(Form const& form, double scale, double& evidence) const;

  std::vector<DeltaLabel> labels_;
  double center_ = 0.0, width_ = 1.0;  ///< of the cheap values, for the slope
  double unit_ = 1.0;                  ///< as large as differences are: that of the labels' errors
  std::vector<Member> members_;
  /// By pair, contact and labelled design (-1: none of them), so that many designs cost little; of one thread.
  mutable std::map<std::tuple<int, int, std::int64_t>, std::vector<Line>> lines_;
};

}  // namespace nacre
