/// Means and drifts of a run of dynamics, with errors from blocks.
#pragma once

#include <vector>

#include "dynamics_checkpoint.hpp"
#include "nacre/transport/dynamics_run.hpp"

namespace nacre::detail {

/// Error from ten equal blocks (the rest counts in the mean alone); infinite for fewer than twenty values.
BlockMean block_mean(std::vector<double> const& values);

struct Drift {
  double slope = 0.0, error = 0.0;  ///< per unit of `interval`
};
/// Least squares line; the error is that of independent residuals of blocks.
Drift drift(std::vector<double> const& values, double interval);

}  // namespace nacre::detail
