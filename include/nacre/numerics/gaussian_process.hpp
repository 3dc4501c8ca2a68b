/// Gaussian-process regression with one length per input and one noise per point (C. E. Rasmussen and
/// C. K. I. Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapters 2 and 5).
///
/// Kernel: Matern 5/2, k(x, x') = s² (1 + √5 r + 5 r²/3) exp(-√5 r), r² = Σ ((x_i - x'_i) / l_i)².
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {

/// Observations: one ROW of `inputs` per point.
struct ProcessData {
  Eigen::MatrixXd inputs;
  Eigen::VectorXd values;
  Eigen::VectorXd standard_errors;  ///< known noise of each value; may be zero
};

/// In units of the standardised data when found by `fit`.
struct ProcessParameters {
  Eigen::VectorXd lengths;  ///< l_i, of the inputs that vary
  double variance = 1.0;    ///< s²
  double noise = 0.0;       ///< variance that every value has beyond its standard error
};

struct ProcessFit {
  std::uint64_t seed = 0;
  int starts = 2;         ///< of the search for parameters: the prior's centre, then random ones
  int evaluations = 60;   ///< of the likelihood, in each
  int most_points = 256;  ///< that the parameters are found on, evenly chosen; the posterior uses all
};

class NACRE_API GaussianProcess {
 public:
  /// With parameters that are known, in the units of the data; the mean far away is 0.
  /// @throws InputError if sizes differ, a number is not finite, or the covariance is singular
  GaussianProcess(ProcessData data, ProcessParameters parameters);

  /// Standardises inputs and values, and finds the parameters that maximise likelihood times prior (log-normal in every
  /// parameter; L-BFGS of NLopt, limited in evaluations). Inputs that do not vary are ignored.
  /// @throws InputError as the constructor, and for no data
  static GaussianProcess fit(ProcessData const& data, ProcessFit const& options = {});

  struct Posterior {
    double mean = 0.0;
    double variance = 0.0;  ///< of the function, without noise
  };
  Posterior predict(Eigen::VectorXd const& input) const;
  double noise_variance() const;  ///< in the units of the values
  ProcessParameters const& parameters() const { return parameters_; }
  Eigen::Index size() const { return inputs_.rows(); }

  /// Equal models give equal bytes.
  std::string save() const;
  /// @throws Error if the bytes are damaged
  static GaussianProcess load(std::string const& bytes);

 private:
  GaussianProcess() = default;
  void standardise(ProcessData const& data);
  void condition();

  // what standardises: input i is (x[used_i] - shift_i) / scale_i, a value (y - value_shift) / value_scale
  Eigen::Index dimensions_ = 0;
  std::vector<Eigen::Index> used_;
  Eigen::VectorXd shift_, scale_;
  double value_shift_ = 0.0, value_scale_ = 1.0;
  ProcessParameters parameters_;
  Eigen::MatrixXd inputs_;          ///< standardised
  Eigen::VectorXd values_, noise_;  ///< standardised; variances of the noise
  Cholesky factor_;                 ///< of the covariance
  Eigen::VectorXd weights_;         ///< covariance⁻¹ · values
};

/// Logarithm of likelihood times prior of standardised data, and its gradient. Exposed for the derivative test.
/// @param point logarithms of the lengths, the variance and the noise
/// @param gradient of the same size as `point`, or null
/// @return -infinity where the covariance is not positive definite
NACRE_API double log_posterior(ProcessData const& data, Eigen::VectorXd const& point, Eigen::VectorXd* gradient);

}  // namespace nacre
