#include "nacre/numerics/sparse_process.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/numerics/linalg.hpp"
#include "process_covariance.hpp"
#include "process_kernel.hpp"
#include "process_state.hpp"

namespace nacre {
namespace {

constexpr double jitter = 1e-9;  ///< of the variance, so that K can be factored

Eigen::VectorXd row_of(Eigen::MatrixXd const& coordinates, double const* query, double variance) {
  Eigen::VectorXd result(coordinates.rows()), slope(coordinates.rows());
  detail::evaluate_matern(selected_isa(),
                          {coordinates.rows(), coordinates.outerStride(), static_cast<int>(coordinates.cols()),
                           coordinates.data(), query, result.data(), slope.data()});
  return variance * result;
}

/// Points by the order in which a pivoted Cholesky factor of their covariance takes them.
std::vector<Eigen::Index> pivots_of(Eigen::MatrixXd const& points, double variance, Eigen::Index most) {
  Eigen::VectorXd left = Eigen::VectorXd::Constant(points.rows(), variance);
  Eigen::MatrixXd factor(points.rows(), std::min(most, points.rows()));
  std::vector<Eigen::Index> pivots;
  for (Eigen::Index k = 0; k < factor.cols(); ++k) {
    Eigen::Index best = 0;
    double const largest = left.maxCoeff(&best);
    if (!(largest > jitter * variance)) break;
    pivots.push_back(best);
    Eigen::VectorXd const query = points.row(best);
    Eigen::VectorXd column = row_of(points, query.data(), variance);
    column -= factor.leftCols(k) * factor.row(best).head(k).transpose();
    factor.col(k) = column / std::sqrt(largest);
    left -= factor.col(k).cwiseAbs2();
    left[best] = 0.0;
  }
  return pivots;
}

Cholesky factor_of(Eigen::MatrixXd matrix, char const* what) {
  auto factor = Cholesky::factor(matrix);
  for (double shift = 1e-12; !factor && shift < 1e-5; shift *= 100.0) {
    matrix.diagonal().array() += shift * matrix.diagonal().maxCoeff();
    factor = Cholesky::factor(matrix);
  }
  require(factor.has_value(), "singular ", what, " of a sparse Gaussian process");
  return *std::move(factor);
}

}  // namespace

SparseProcess::SparseProcess(ProcessData const& given, ProcessParameters const& parameters, Eigen::Index inducing)
    : variance_(parameters.variance) {
  auto const data = detail::complete(given);
  require(data.form.categories.empty() && data.form.tiers == 1, "categories or tiers of a sparse Gaussian process");
  require(inducing >= 1, "invalid inducing=", inducing, " (must be positive)");
  auto const groups = detail::groups_of(data.form, data.inputs.cols());
  lengths_.resize(data.inputs.cols());
  for (std::size_t f = 0; f < groups.size(); ++f)
    lengths_[static_cast<Eigen::Index>(f)] = parameters.lengths[groups[f]];
  Eigen::MatrixXd const points = data.inputs * lengths_.cwiseInverse().asDiagonal();
  Eigen::VectorXd const noise = data.standard_errors.array().square() + parameters.noise;
  require(noise.minCoeff() > 0.0, "values without noise for a sparse Gaussian process (a noise above 0 expected)");
  coordinates_ = points(pivots_of(points, variance_, inducing), Eigen::all);
  auto const m = coordinates_.rows();
  Eigen::MatrixXd own(m, m), cross(m, points.rows());
  for (Eigen::Index j = 0; j < m; ++j) {
    Eigen::VectorXd const query = coordinates_.row(j);
    own.col(j) = row_of(coordinates_, query.data(), variance_);
  }
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    Eigen::VectorXd const query = points.row(i);
    cross.col(i) = row_of(coordinates_, query.data(), variance_) / std::sqrt(noise[i]);
  }
  own.diagonal().array() += jitter * variance_;
  // in white coordinates, φ = L⁻¹·k: A = L·B·Lᵀ with B = 1 + V·Vᵀ, V = L⁻¹·C·D^(-1/2)
  auto const factor = factor_of(own, "covariance");
  Eigen::MatrixXd white(m, points.rows());
  for (Eigen::Index i = 0; i < points.rows(); ++i) white.col(i) = factor.solve_lower(cross.col(i));
  auto const posterior = factor_of(Eigen::MatrixXd::Identity(m, m) + white * white.transpose(), "posterior");
  auto const upper_solve = [&](Eigen::VectorXd const& right) {  // L⁻ᵀ·b = K⁻¹·(L·b)
    return factor.solve(factor.lower().triangularView<Eigen::Lower>() * right);
  };
  weights_ = upper_solve(posterior.solve(white * data.values.cwiseQuotient(noise.cwiseSqrt())));
  Eigen::MatrixXd const known = Eigen::MatrixXd::Identity(m, m) - posterior.inverse();
  Eigen::MatrixXd half(m, m), gain(m, m);
  for (Eigen::Index j = 0; j < m; ++j) half.col(j) = upper_solve(known.col(j));
  for (Eigen::Index j = 0; j < m; ++j) gain.col(j) = upper_solve(half.row(j).transpose());
  Eigen::MatrixXd const symmetric = 0.5 * (gain + gain.transpose());
  explained_ = factor_of(symmetric, "gain").lower().transpose();
}

std::vector<GaussianProcess::Posterior> SparseProcess::predict(Eigen::MatrixXd const& inputs) const {
  require(inputs.cols() == lengths_.size(), "sparse Gaussian process of ", lengths_.size(), " inputs asked with ",
          inputs.cols());
  constexpr auto width = detail::solve_width;
  auto const m = size();
  GrowingCholesky::RowMajor block(m, width);
  Eigen::VectorXd correlation(m), slope(m), query(lengths_.size());
  std::vector<GaussianProcess::Posterior> result;
  for (Eigen::Index start = 0; start < inputs.rows(); start += width) {
    auto const count = std::min(width, inputs.rows() - start);
    block.setZero();
    double means[width] = {};
    for (Eigen::Index c = 0; c < count; ++c) {
      query = inputs.row(start + c).transpose().cwiseQuotient(lengths_);
      detail::evaluate_matern(selected_isa(), {m, coordinates_.outerStride(), static_cast<int>(query.size()),
                                               coordinates_.data(), query.data(), correlation.data(), slope.data()});
      for (Eigen::Index j = 0; j < m; ++j) block(j, c) = variance_ * correlation[j];
      means[c] = variance_ * weights_.dot(correlation);
    }
    double explained[width] = {};
    detail::add_squares_block(selected_isa(), {m, explained_.outerStride(), explained_.data()}, block.data(),
                              explained);
    for (Eigen::Index c = 0; c < count; ++c) result.push_back({means[c], std::max(variance_ - explained[c], 0.0)});
  }
  return result;
}

}  // namespace nacre
