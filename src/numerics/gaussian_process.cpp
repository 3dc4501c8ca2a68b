#include "nacre/numerics/gaussian_process.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "process_covariance.hpp"
#include "process_kernel.hpp"
#include "process_state.hpp"

namespace nacre {
namespace detail {

ProcessData complete(ProcessData data) {
  auto const points = data.inputs.rows();
  require(points > 0, "no points to fit a Gaussian process to");
  require(points == data.values.size() && data.values.size() == data.standard_errors.size(), "Gaussian process with ",
          points, " inputs, ", data.values.size(), " values and ", data.standard_errors.size(),
          " errors (must be as many of each)");
  require(data.inputs.allFinite() && data.values.allFinite() && data.standard_errors.allFinite(),
          "a number that is not finite in the data of a Gaussian process");
  if (data.choices.size() == 0) data.choices.resize(points, 0);
  if (data.tiers.size() == 0) data.tiers.setZero(points);
  require(data.choices.rows() == points && data.tiers.size() == points &&
              data.choices.cols() == static_cast<Eigen::Index>(data.form.categories.size()),
          "Gaussian process whose categories or tiers do not fit its points");
  for (Eigen::Index j = 0; j < data.choices.cols(); ++j) {
    require(data.choices.col(j).minCoeff() >= 0 &&
                data.choices.col(j).maxCoeff() < data.form.categories[static_cast<std::size_t>(j)].choices,
            "Gaussian process with a choice out of range");
  }
  require(data.tiers.minCoeff() >= 0 && data.tiers.maxCoeff() < data.form.tiers,
          "Gaussian process with a tier out of range");
  return data;
}

}  // namespace detail

GaussianProcess::GaussianProcess(ProcessData given, ProcessParameters parameters) {
  auto data = detail::complete(std::move(given));
  dimensions_ = data.inputs.cols();
  auto const groups = detail::groups_of(data.form, dimensions_);
  Eigen::Index const lengths = groups.empty() ? 0 : *std::ranges::max_element(groups) + 1;
  require(parameters.lengths.size() == lengths, parameters.lengths.size(), " lengths for ", lengths, " inputs");
  used_.resize(static_cast<std::size_t>(dimensions_));
  std::iota(used_.begin(), used_.end(), Eigen::Index{0});
  shift_ = Eigen::VectorXd::Zero(dimensions_);
  scale_ = Eigen::VectorXd::Ones(dimensions_);
  value_shift_ = Eigen::VectorXd::Zero(data.form.tiers);
  value_scale_ = Eigen::VectorXd::Ones(data.form.tiers);
  parameters_ = std::move(parameters);
  form_ = std::move(data.form);
  form_.groups = groups;
  coordinates_ = std::move(data.inputs);
  choices_ = std::move(data.choices);
  tiers_ = std::move(data.tiers);
  values_ = std::move(data.values);
  noise_ = data.standard_errors.array().square();
  condition();
}

/// From standardised coordinates to a factor.
void GaussianProcess::condition() {
  auto const points = coordinates_.rows();
  auto const tables = detail::tables_of(form_, parameters_);
  alike_ = tables.alike;
  between_ = tables.between;
  for (Eigen::Index f = 0; f < coordinates_.cols(); ++f) {
    coordinates_.col(f) /= parameters_.lengths[form_.groups[static_cast<std::size_t>(f)]];
  }
  auto const matrix = detail::covariance_of(coordinates_, choices_, tiers_, noise_, points, tables, parameters_);
  auto factor = GrowingCholesky::factor(matrix);
  for (double jitter = 1e-10; !factor && jitter < 1e-5; jitter *= 100) {
    Eigen::MatrixXd shifted = matrix;
    shifted.diagonal().array() += jitter * parameters_.variance;
    factor = GrowingCholesky::factor(shifted);
  }
  require(factor.has_value(), "singular covariance of a Gaussian process (equal inputs without noise)");
  factor_ = *std::move(factor);
  fitted_ = points;
  half_ = factor_.solve_lower(values_);
  update_weights();
}

void GaussianProcess::update_weights() { weights_ = factor_.solve_upper(half_); }

/// Covariances of one point with the observations.
struct GaussianProcess::Row {
  Eigen::VectorXd covariance;
  Eigen::ArrayXd slope;  ///< -2 d(covariance)/d(r²)
};

GaussianProcess::Row GaussianProcess::row(Eigen::VectorXd const& scaled, int const* choices, int tier,
                                          bool slopes) const {
  auto const points = size();
  Row result{Eigen::VectorXd(points), Eigen::ArrayXd(points)};
  detail::evaluate_matern(
      selected_isa(), {points, coordinates_.outerStride(), static_cast<int>(coordinates_.cols()), coordinates_.data(),
                       scaled.data(), result.covariance.data(), result.slope.data()});
  auto const s = parameters_.variance, c = parameters_.common;
  auto covariance = result.covariance.array();
  if (alike_.empty() && between_.rows() == 1) {
    covariance = s * (c + (1.0 - c) * covariance);
    if (slopes) result.slope *= s * (1.0 - c);
    return result;
  }
  auto const discrete =
      detail::discrete_factor({alike_, between_}, parameters_, choices_, tiers_, 0, points, choices, tier);
  covariance = s * (c + (1.0 - c) * covariance) * discrete;
  if (slopes) result.slope *= s * (1.0 - c) * discrete;
  return result;
}

Eigen::VectorXd GaussianProcess::scaled(Eigen::VectorXd const& input) const {
  require(input.size() == dimensions_, "Gaussian process of ", dimensions_, " inputs asked with ", input.size());
  Eigen::VectorXd result = (input(used_) - shift_).cwiseQuotient(scale_);
  for (Eigen::Index f = 0; f < result.size(); ++f) {
    result[f] /= parameters_.lengths[form_.groups[static_cast<std::size_t>(f)]];
  }
  return result;
}

namespace {

/// The choices of row i, or null.
Eigen::VectorXi choices_of(ProcessQuery const& query, Eigen::Index i) {
  return query.choices.cols() > 0 ? query.choices.row(i).transpose().eval() : Eigen::VectorXi();
}

}  // namespace

GaussianProcess::Posterior GaussianProcess::predict(Eigen::VectorXd const& input) const {
  return predict(ProcessQuery{input.transpose(), {}, 0}).front();
}

std::vector<GaussianProcess::Posterior> GaussianProcess::predict(ProcessQuery const& query) const {
  auto const count = query.inputs.rows();
  auto const shift = value_shift_[query.tier], scale = value_scale_[query.tier];
  std::vector<Posterior> result;
  for (Eigen::Index start = 0; start < count; start += detail::solve_width) {  // a block stays in the cache
    auto const some = std::min(detail::solve_width, count - start);
    GrowingCholesky::RowMajor towards(size(), some);
    for (Eigen::Index i = 0; i < some; ++i) {
      auto const choices = choices_of(query, start + i);
      towards.col(i) = row(scaled(query.inputs.row(start + i)), choices.data(), query.tier, false).covariance;
    }
    auto const half = factor_.solve_lower(std::move(towards));
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(some), explained = mean;
    for (Eigen::Index j = 0; j < size(); ++j) {
      mean += half_[j] * half.row(j).transpose();
      explained += half.row(j).cwiseAbs2().transpose();
    }
    for (Eigen::Index i = 0; i < some; ++i) {
      result.push_back({shift + scale * mean[i], scale * scale * std::max(parameters_.variance - explained[i], 0.0)});
    }
  }
  return result;
}

Eigen::VectorXd GaussianProcess::means(ProcessQuery const& query) const {
  Eigen::VectorXd result(query.inputs.rows());
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    auto const one = row(scaled(query.inputs.row(i)), choices_of(query, i).data(), query.tier, false);
    result[i] = value_shift_[query.tier] + value_scale_[query.tier] * weights_.dot(one.covariance);
  }
  return result;
}

GaussianProcess::Slope GaussianProcess::predict_slope(ProcessQuery const& query) const {
  auto const here = scaled(query.inputs.row(0));
  auto const towards = row(here, choices_of(query, 0).data(), query.tier, true);
  auto const half = factor_.solve_lower(towards.covariance);
  Eigen::ArrayXd const back = factor_.solve_upper(half);
  auto const shift = value_shift_[query.tier], scale = value_scale_[query.tier];
  Slope result{
      {shift + scale * half_.dot(half), scale * scale * std::max(parameters_.variance - half.squaredNorm(), 0.0)},
      Eigen::VectorXd::Zero(dimensions_),
      Eigen::VectorXd::Zero(dimensions_)};
  for (Eigen::Index f = 0; f < here.size(); ++f) {
    Eigen::ArrayXd const change = -towards.slope * (here[f] - coordinates_.col(f).head(size()).array());
    auto const per_input = 1.0 / (parameters_.lengths[form_.groups[static_cast<std::size_t>(f)]] * scale_[f]);
    auto const input = used_[static_cast<std::size_t>(f)];
    result.mean[input] = scale * per_input * (weights_.array() * change).sum();
    result.variance[input] = -2.0 * scale * scale * per_input * (back * change).sum();
  }
  return result;
}

GaussianProcess::Joint GaussianProcess::predict_joint(ProcessQuery const& query) const {
  auto const count = query.inputs.rows();
  GrowingCholesky::RowMajor towards(size(), count);
  Eigen::MatrixXd places(count, static_cast<Eigen::Index>(used_.size()));
  Eigen::MatrixXi const choices = query.choices.cols() > 0 ? query.choices : Eigen::MatrixXi(count, 0);
  for (Eigen::Index i = 0; i < count; ++i) {
    places.row(i) = scaled(query.inputs.row(i));
    towards.col(i) = row(places.row(i), choices_of(query, i).data(), query.tier, false).covariance;
  }
  auto const half = factor_.solve_lower(std::move(towards));
  auto bare = parameters_;
  bare.noise = 0.0;
  auto const scale = value_scale_[query.tier];
  Eigen::MatrixXd covariance = detail::covariance_of(places, choices, Eigen::VectorXi::Constant(count, query.tier),
                                                     Eigen::VectorXd::Zero(count), count, {alike_, between_}, bare);
  Joint result{Eigen::VectorXd::Constant(count, value_shift_[query.tier]) + scale * (half.transpose() * half_),
               Eigen::MatrixXd(count, count)};
  result.covariance = covariance.selfadjointView<Eigen::Lower>();
  result.covariance = scale * scale * (result.covariance - half.transpose() * half);
  return result;
}

double GaussianProcess::prior_correlation(ProcessQuery const& a, ProcessQuery const& b) const {
  auto const here = scaled(a.inputs.row(0)), there = scaled(b.inputs.row(0));
  auto const choices = choices_of(a, 0), others = choices_of(b, 0);
  double correlation = 0.0, slope = 0.0;
  detail::evaluate_matern(selected_isa(),
                          {1, 1, static_cast<int>(here.size()), here.data(), there.data(), &correlation, &slope});
  Eigen::MatrixXi const row = choices.transpose();
  auto const discrete =
      detail::discrete_factor({alike_, between_}, parameters_, row, Eigen::VectorXi::Zero(1), 0, 1, others.data(), 0);
  return (parameters_.common + (1.0 - parameters_.common) * correlation) * discrete[0];
}

double GaussianProcess::link(ProcessQuery const& point, int other_tier) const {
  auto const here = scaled(point.inputs.row(0));
  auto const choices = choices_of(point, 0);
  auto const half = factor_.solve_lower(row(here, choices.data(), point.tier, false).covariance),
             other = factor_.solve_lower(row(here, choices.data(), other_tier, false).covariance);
  auto const s = parameters_.variance;
  auto const product = (s - half.squaredNorm()) * (s - other.squaredNorm());
  if (!(product > 1e-12 * s * s)) return point.tier == other_tier ? 1.0 : 0.0;
  return std::clamp((s * between_(point.tier, other_tier) - half.dot(other)) / std::sqrt(product), -1.0, 1.0);
}

double GaussianProcess::noise_share() const {
  return (parameters_.noise + noise_.head(size()).mean()) / parameters_.variance;
}

std::vector<GaussianProcess> GaussianProcess::worlds(int count, Rng& rng) const {
  auto const points = size();
  auto bare = *this;
  bare.parameters_.noise = 1e-6 * parameters_.variance;
  bare.noise_.setZero(points);
  Eigen::MatrixXd prior =
      detail::covariance_of(coordinates_, choices_, tiers_, bare.noise_, points, {alike_, between_}, bare.parameters_);
  auto factor = GrowingCholesky::factor(prior);
  require(factor.has_value(), "singular covariance of a Gaussian process (equal inputs without noise)");
  bare.factor_ = *std::move(factor);
  bare.fitted_ = points;
  prior = Eigen::MatrixXd(prior.selfadjointView<Eigen::Lower>());
  GrowingCholesky::RowMajor const half = factor_.solve_lower(GrowingCholesky::RowMajor(prior));
  Eigen::MatrixXd posterior = prior - half.transpose() * half;
  posterior.diagonal().array() += 1e-6 * parameters_.variance;
  auto const spread = GrowingCholesky::factor(posterior);
  Eigen::VectorXd const mean = half.transpose() * half_;
  std::vector<GaussianProcess> result;
  for (int i = 0; i < count; ++i) {
    Eigen::VectorXd draw(points), value = mean;
    for (auto& one : draw) one = rng.normal();
    for (Eigen::Index row = 0; spread && row < points; ++row) {
      for (Eigen::Index column = 0; column <= row; ++column) value[row] += spread->element(row, column) * draw[column];
    }
    result.push_back(bare);
    result.back().values_ = value;
    result.back().half_ = result.back().factor_.solve_lower(value);
    result.back().update_weights();
  }
  return result;
}

std::vector<Eigen::Index> GaussianProcess::nearest(ProcessQuery const& point, Eigen::Index count) const {
  auto const towards = row(scaled(point.inputs.row(0)), choices_of(point, 0).data(), point.tier, false).covariance;
  std::vector<Eigen::Index> order(static_cast<std::size_t>(size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  auto const closer = [&](Eigen::Index a, Eigen::Index b) {
    return towards[a] != towards[b] ? towards[a] > towards[b] : a < b;
  };
  auto const kept = static_cast<std::ptrdiff_t>(std::min(count, size()));
  std::nth_element(order.begin(), order.begin() + kept, order.end(), closer);
  order.resize(static_cast<std::size_t>(kept));
  std::ranges::sort(order);
  return order;
}

GaussianProcess GaussianProcess::subset(std::vector<Eigen::Index> const& points) const {
  GaussianProcess result;
  result.dimensions_ = dimensions_;
  result.used_ = used_;
  result.shift_ = shift_;
  result.scale_ = scale_;
  result.value_shift_ = value_shift_;
  result.value_scale_ = value_scale_;
  result.parameters_ = parameters_;
  result.form_ = form_;
  result.coordinates_ = coordinates_(points, Eigen::all);
  for (Eigen::Index f = 0; f < coordinates_.cols(); ++f) {
    result.coordinates_.col(f) *= parameters_.lengths[form_.groups[static_cast<std::size_t>(f)]];
  }
  result.choices_ = choices_(points, Eigen::all);
  result.tiers_ = tiers_(points);
  result.values_ = values_(points);
  result.noise_ = noise_(points);
  result.condition();
  return result;
}

namespace {

template <class Matrix>
void grow(Matrix& matrix, Eigen::Index rows) {
  if (matrix.rows() < rows) matrix.conservativeResize(rows + rows / 4 + 16, matrix.cols());
}
template <class Vector>
void grow_vector(Vector& vector, Eigen::Index rows) {
  if (vector.size() < rows) vector.conservativeResize(rows + rows / 4 + 16);
}

}  // namespace

void GaussianProcess::append(ProcessQuery const& point, double value, double standard_error) {
  require(std::isfinite(value) && std::isfinite(standard_error) && point.inputs.allFinite(),
          "a number that is not finite for a Gaussian process");
  auto const scale = value_scale_[point.tier];
  append_standardised(scaled(point.inputs.row(0)), choices_of(point, 0), point.tier,
                      (value - value_shift_[point.tier]) / scale, standard_error * standard_error / (scale * scale));
  update_weights();
}

void GaussianProcess::append_standardised(Eigen::VectorXd const& here, Eigen::VectorXi const& choices, int tier,
                                          double value, double noise) {
  auto const towards = row(here, choices.data(), tier, false).covariance;
  auto const old = size();
  grow(coordinates_, old + 1);
  grow(choices_, old + 1);
  grow_vector(tiers_, old + 1);
  grow_vector(values_, old + 1);
  grow_vector(noise_, old + 1);
  coordinates_.row(old) = here.transpose();
  if (choices_.cols() > 0) choices_.row(old) = choices.transpose();
  tiers_[old] = tier;
  values_[old] = value;
  noise_[old] = noise;
  factor_.append(towards, parameters_.variance + noise + parameters_.noise, 1e-10 * parameters_.variance);
  half_.conservativeResize(old + 1);
  double rest = value;
  for (Eigen::Index j = 0; j < old; ++j) rest -= factor_.element(old, j) * half_[j];
  half_[old] = rest / factor_.element(old, old);
}

void GaussianProcess::truncate(Eigen::Index wanted) {
  if (wanted >= size()) return;
  factor_.truncate(wanted);
  half_.conservativeResize(wanted);
  update_weights();
}

double GaussianProcess::noise_variance() const {
  auto const scale = value_scale_[value_scale_.size() - 1];
  return scale * scale * parameters_.noise;
}

}  // namespace nacre
