/// Gaussian-process regression on numbers, categories and tiers, with one noise per point (C. E. Rasmussen and
/// C. K. I. Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapters 2 and 5).
///
/// Kernel: k = s² (c + (1 - c) M(r)) · C · T, a product of sums of positive definite parts.
/// - M is Matern 5/2, (1 + √5 r + 5 r²/3) exp(-√5 r), with r² = Σ ((x_i - x'_i) / l_i)² over the numbers; c is what all
///   points of one category have in common (0 without categories).
/// - C = (1 - m) Π_j o_j + m mean_j o_j: categories act together and each by itself (0 < m < 1 from two categories on,
/// as
///   in B. Ru et al., ICML 2020, arXiv:1906.08878), with o_j = exp(-w_j [a ≠ a']) · M(|d_a - d_a'| / v_j) of choices
///   with descriptors d.
/// - T = Π ρ_t over the tiers t between those of the two points: each tier is ρ times the one below and something of
/// its
///   own (M. C. Kennedy and A. O'Hagan, Biometrika 87, 1 (2000)), of standardised values.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/numerics/growing_cholesky.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {

struct CategoryForm {
  int choices = 0;
  Eigen::MatrixXd descriptors;  ///< a row for each choice; no columns: the choices are mere labels
};

/// What the columns of the inputs mean.
struct ProcessForm {
  std::vector<int> groups;               ///< length that each number has, 0 .. groups - 1; empty: each its own
  std::vector<CategoryForm> categories;  ///< of the columns of `choices`
  int tiers = 1;
};

/// Observations: one ROW of `inputs` and `choices` per point.
struct ProcessData {
  Eigen::MatrixXd inputs;
  Eigen::VectorXd values;
  Eigen::VectorXd standard_errors;  ///< known noise of each value; may be zero
  Eigen::MatrixXi choices = {};     ///< no columns without categories
  Eigen::VectorXi tiers = {};       ///< empty: all 0
  ProcessForm form = {};
};

/// In units of the standardised data when found by `fit`.
struct ProcessParameters {
  Eigen::VectorXd lengths;               ///< l, one per group of inputs that vary
  double variance = 1.0;                 ///< s²
  double noise = 0.0;                    ///< variance that every value has beyond its standard error
  Eigen::VectorXd mismatch = {};         ///< w, one per category
  Eigen::VectorXd descriptor_lengths{};  ///< v, one per category (unused without descriptors)
  double main_effects = 0.5;             ///< m
  double common = 0.0;                   ///< c
  Eigen::VectorXd links = {};            ///< ρ between neighbouring tiers
};

struct ProcessFit {
  std::uint64_t seed = 0;
  int starts = 2;                  ///< of the search for parameters: the prior's centre (or `warm`), then random ones
  int evaluations = 60;            ///< of the likelihood, in each
  int most_points = 256;           ///< that the parameters are found on, evenly chosen; the posterior uses all
  bool standardise_inputs = true;  ///< else they are taken as they are, for points that come later
  double length_mean = std::numeric_limits<double>::quiet_NaN();  ///< of the prior of log(l); NaN: by the inputs
  double length_deviation = 1.0;
  double least_noise = 1e-8;  ///< in units of the variance of the values
  ProcessParameters const* warm = nullptr;
};

/// Where a prediction is wanted; one row per point.
struct ProcessQuery {
  Eigen::MatrixXd inputs;
  Eigen::MatrixXi choices = {};
  int tier = 0;
};

class NACRE_API GaussianProcess {
 public:
  /// With parameters that are known, in the units of the data; the mean far away is 0.
  /// @throws InputError if sizes differ, a number is not finite, or the covariance is singular
  GaussianProcess(ProcessData data, ProcessParameters parameters);

  /// Standardises inputs and values (those of each tier by themselves), and finds the parameters that maximise
  /// likelihood times prior (log-normal or logit-normal in every parameter; L-BFGS of NLopt, limited in evaluations).
  /// Inputs that do not vary are ignored if they are standardised.
  /// @throws InputError as the constructor, and for no data
  static GaussianProcess fit(ProcessData const& data, ProcessFit const& options = {});

  struct Posterior {
    double mean = 0.0;
    double variance = 0.0;  ///< of the function, without noise
  };
  Posterior predict(Eigen::VectorXd const& input) const;
  std::vector<Posterior> predict(ProcessQuery const& query) const;
  Eigen::VectorXd means(ProcessQuery const& query) const;
  /// Of the one point of a query, with derivatives by its inputs.
  struct Slope {
    Posterior posterior;
    Eigen::VectorXd mean, variance;
  };
  Slope predict_slope(ProcessQuery const& query) const;
  /// Joint covariance of the posterior at the points of a query, for drawing functions.
  struct Joint {
    Eigen::VectorXd mean;
    Eigen::MatrixXd covariance;
  };
  Joint predict_joint(ProcessQuery const& query) const;

  /// Of two points, on the same tier.
  double prior_correlation(ProcessQuery const& a, ProcessQuery const& b) const;
  /// How much the posterior at a point on the query's tier says about that on another: their correlation.
  double link(ProcessQuery const& point, int other_tier) const;

  /// One more observation, with the parameters and the standardisation as they are: n² operations. The same points in
  /// the same order give the same bits, however many are appended at once.
  void append(ProcessQuery const& point, double value, double standard_error);
  /// Forgets all but the first `size` observations.
  void truncate(Eigen::Index size);
  /// Processes that know without noise what the function may be at the observed points: `count` draws from the
  /// posterior (B. Letham et al., Bayesian Analysis 14, 495 (2019)).
  std::vector<GaussianProcess> worlds(int count, Rng& rng) const;
  /// Mean share of the observations' variance that is noise, in units of the prior's.
  double noise_share() const;
  /// The same parameters and units, conditioned on some of the points only.
  GaussianProcess subset(std::vector<Eigen::Index> const& points) const;
  /// The `count` observations that a point is most correlated with, by their number.
  std::vector<Eigen::Index> nearest(ProcessQuery const& point, Eigen::Index count) const;

  double noise_variance() const;  ///< in the units of the values
  /// Logarithm of the likelihood times the prior that `fit` reached, on the points it used, of the values as given.
  double evidence() const { return evidence_; }
  ProcessParameters const& parameters() const { return parameters_; }
  Eigen::Index size() const { return factor_.size(); }

  /// Equal models give equal bytes.
  std::string save() const;
  /// @throws Error if the bytes are damaged
  static GaussianProcess load(std::string const& bytes);

 private:
  friend struct ProcessState;
  GaussianProcess() = default;
  void standardise(ProcessData const& data, bool inputs);
  void condition();
  void append_standardised(Eigen::VectorXd const& scaled, Eigen::VectorXi const& choices, int tier, double value,
                           double noise);
  void update_weights();
  Eigen::VectorXd scaled(Eigen::VectorXd const& input) const;
  struct Row;  ///< covariances of a point with the observations
  Row row(Eigen::VectorXd const& scaled, int const* choices, int tier, bool slopes) const;

  // what standardises: input i is (x[used_i] - shift_i) / scale_i, a value (y - value_shift) / value_scale of its tier
  Eigen::Index dimensions_ = 0;
  std::vector<Eigen::Index> used_;
  Eigen::VectorXd shift_, scale_;
  Eigen::VectorXd value_shift_, value_scale_;
  ProcessParameters parameters_;
  ProcessForm form_;                    ///< of the used inputs
  Eigen::MatrixXd coordinates_;         ///< standardised and divided by their lengths; rows with room to grow
  Eigen::MatrixXi choices_;             ///< as many rows
  Eigen::VectorXi tiers_;               ///< as many
  Eigen::VectorXd values_, noise_;      ///< standardised; variances of the noise; as many
  std::vector<Eigen::MatrixXd> alike_;  ///< o_j by choice
  Eigen::MatrixXd between_;             ///< T by tier
  Eigen::Index fitted_ = 0;             ///< observations that the factor was made from at once
  GrowingCholesky factor_;              ///< of the covariance
  Eigen::VectorXd half_, weights_;      ///< L⁻¹ · values, covariance⁻¹ · values
  double evidence_ = 0.0;
};

/// Logarithm of likelihood times prior of standardised data, and its gradient. Exposed for the derivative test.
/// @param point logarithms of the lengths, the variance and the noise; with categories and tiers then log(w), log(v) of
///              those with descriptors, logit(m), logit(c), logit(ρ)
/// @param gradient of the same size as `point`, or null
/// @return -infinity where the covariance is not positive definite
NACRE_API double log_posterior(ProcessData const& data, Eigen::VectorXd const& point, Eigen::VectorXd* gradient,
                               ProcessFit const& options = {});

}  // namespace nacre
