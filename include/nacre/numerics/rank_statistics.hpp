/// Statistics of ranks: correlation with an interval, and how well a score tells two classes apart.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// 1 for the smallest; equal values share the mean of their ranks.
NACRE_API Eigen::VectorXd shared_ranks(Eigen::VectorXd const& values);

/// Spearman's correlation; nothing if one side does not vary or there are fewer than three pairs.
NACRE_API std::optional<double> spearman(Eigen::VectorXd const& x, Eigen::VectorXd const& y);

struct RankCorrelation {
  double rho = 0.0;
  double low = 0.0, high = 0.0;  ///< percentile bootstrap interval
};

struct BootstrapOptions {
  int resamples = 1000;
  double level = 0.95;
  std::uint64_t seed = 0;
  std::vector<int> groups = {};  ///< of each pair, 0 ..: whole groups are drawn; empty: single pairs
};

/// With the interval of B. Efron, Ann. Stat. 7, 1 (1979): quantiles over tables drawn with replacement. Draws in which
/// one side does not vary are left out.
/// @throws InputError if sizes or options are wrong
NACRE_API std::optional<RankCorrelation> rank_correlation(Eigen::VectorXd const& x, Eigen::VectorXd const& y,
                                                          BootstrapOptions const& options = {});

/// Probability that a positive has a higher score than a negative, ties counted half; nothing without both classes.
NACRE_API std::optional<double> area_under_curve(Eigen::VectorXd const& scores, std::vector<bool> const& positive);

}  // namespace nacre
