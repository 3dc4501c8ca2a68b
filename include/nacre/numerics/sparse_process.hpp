/// A Gaussian process seen through a few of its points: many predictions, each in microseconds.
///
/// Posterior of the inducing points under the variational bound of M. K. Titsias, AISTATS 2009 (PMLR 5, 567): with K
/// the covariance of the inducing points and C that with the data, mean = k·A⁻¹·C·D⁻¹·y and variance = k** - k·(K⁻¹ -
/// A⁻¹)·k, where A = K + C·D⁻¹·Cᵀ and D is the noise. With every point inducing it is the exact process.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/numerics/gaussian_process.hpp"
#include "nacre/numerics/growing_cholesky.hpp"

namespace nacre {

class NACRE_API SparseProcess {
 public:
  /// Numbers only, no categories or tiers. The inducing points are those of the data that a pivoted Cholesky factor
  /// takes first: each is the one least known from those before (ties: the first).
  /// @param parameters in the units of the data @param inducing at most
  /// @throws InputError as GaussianProcess, for categories or tiers, and for values without any noise
  SparseProcess(ProcessData const& data, ProcessParameters const& parameters, Eigen::Index inducing = 256);

  /// One ROW per point.
  std::vector<GaussianProcess::Posterior> predict(Eigen::MatrixXd const& inputs) const;
  Eigen::Index size() const { return weights_.size(); }

 private:
  Eigen::VectorXd lengths_;  ///< of each input
  double variance_;
  Eigen::MatrixXd coordinates_;  ///< of the inducing points, divided by the lengths
  Eigen::VectorXd weights_;
  GrowingCholesky::RowMajor explained_;  ///< upper triangle R of RᵀR = K⁻¹ - A⁻¹, by rows
};

}  // namespace nacre
