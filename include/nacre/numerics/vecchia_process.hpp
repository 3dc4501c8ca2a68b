/// A Gaussian process that sees the nearest observations of each point only: for more of them than a covariance can be
/// factored of (A. V. Vecchia, J. R. Stat. Soc. B 50, 297 (1988); M. Katzfuss et al., J. Agric. Biol. Environ. Stat.
/// 25, 383 (2020)).
#pragma once

#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/numerics/gaussian_process.hpp"

namespace nacre {

/// The kernel of GaussianProcess, categories and tiers included. A prediction is conditioned on the observations that
/// are most correlated with its point under that kernel (ties: the first), so nothing is prepared, and n observations
/// take n kernel values and m³ / 3 operations a point. With m = n it is the exact process.
class NACRE_API VecchiaProcess {
 public:
  /// @param parameters in the units of the data @param neighbours m, at most
  /// @throws InputError as GaussianProcess
  VecchiaProcess(ProcessData data, ProcessParameters parameters, Eigen::Index neighbours = 60);

  /// Posteriors of the function, without noise.
  /// @throws InputError if the observations next to a point are equal and without noise
  std::vector<GaussianProcess::Posterior> predict(ProcessQuery const& query) const;
  Eigen::Index size() const { return data_.values.size(); }

 private:
  Eigen::VectorXd covariances(Eigen::VectorXd const& place, int const* choices, int tier) const;

  ProcessData data_;
  ProcessParameters parameters_;
  Eigen::Index neighbours_;
  std::vector<Eigen::MatrixXd> alike_;  ///< o_j by choice
  Eigen::MatrixXd between_;             ///< T by tier
  Eigen::VectorXd lengths_;             ///< of each input
  Eigen::MatrixXd coordinates_;         ///< inputs divided by them
};

}  // namespace nacre
