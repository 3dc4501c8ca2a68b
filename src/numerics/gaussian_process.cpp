#include "nacre/numerics/gaussian_process.hpp"

#include <nlopt.h>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <sstream>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

double const root5 = std::sqrt(5.0);

/// Correlation of points at the scaled distance r.
double matern(double r) { return (1.0 + root5 * r + 5.0 / 3.0 * r * r) * std::exp(-root5 * r); }

/// Log-normal priors of the parameters of standardised data. Lengths grow with the root of the number of inputs, so
/// that a typical pair of points stays correlated (C. Hvarfner et al., ICML 2024, arXiv:2402.02229).
struct Prior {
  double mean, deviation;
};
Prior prior_of(Eigen::Index parameter, Eigen::Index inputs) {
  if (parameter < inputs) return {0.5 * std::log(static_cast<double>(inputs)) + 0.5, 1.0};
  return parameter == inputs ? Prior{0.0, 1.0} : Prior{std::log(1e-3), 2.5};
}

struct Bounds {
  double low, high;
};
Bounds bounds_of(Eigen::Index parameter, Eigen::Index inputs) {
  if (parameter < inputs) return {std::log(1e-2), std::log(1e3)};
  return parameter == inputs ? Bounds{std::log(1e-3), std::log(1e3)} : Bounds{std::log(1e-8), std::log(2.0)};
}

ProcessParameters parameters_of(Eigen::VectorXd const& point) {
  auto const inputs = point.size() - 2;
  return {point.head(inputs).array().exp(), std::exp(point[inputs]), std::exp(point[inputs + 1])};
}

/// Scaled distances between the rows, lower half.
Eigen::MatrixXd distances(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& lengths) {
  Eigen::MatrixXd const scaled = (inputs * lengths.cwiseInverse().asDiagonal()).transpose();
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(scaled.cols(), scaled.cols());
  for (Eigen::Index j = 0; j < scaled.cols(); ++j) {
    for (Eigen::Index i = j + 1; i < scaled.cols(); ++i) result(i, j) = (scaled.col(i) - scaled.col(j)).norm();
  }
  return result;
}

/// Lower half of the covariance with its noise.
Eigen::MatrixXd covariance(Eigen::MatrixXd const& r, ProcessParameters const& parameters,
                           Eigen::VectorXd const& noise) {
  Eigen::MatrixXd result = r;
  for (Eigen::Index j = 0; j < r.cols(); ++j) {
    for (Eigen::Index i = j; i < r.rows(); ++i) result(i, j) = parameters.variance * matern(r(i, j));
  }
  result.diagonal() += noise;
  result.diagonal().array() += parameters.noise;
  return result;
}

double add_prior(Eigen::VectorXd const& point, Eigen::VectorXd* gradient) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < point.size(); ++i) {
    auto const prior = prior_of(i, point.size() - 2);
    auto const z = (point[i] - prior.mean) / prior.deviation;
    sum -= 0.5 * z * z;
    if (gradient) (*gradient)[i] -= z / prior.deviation;
  }
  return sum;
}

/// d(log likelihood)/dp = ½ Σ_ij G_ij dK_ij/dp with G = a·aᵀ - K⁻¹, a = K⁻¹·y.
Eigen::VectorXd likelihood_gradient(ProcessData const& data, Eigen::MatrixXd const& r,
                                    ProcessParameters const& parameters, Cholesky const& factor,
                                    Eigen::VectorXd const& weights) {
  auto const inputs = data.inputs.cols(), points = data.inputs.rows();
  Eigen::MatrixXd const inverse = factor.inverse();
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(inputs + 2);
  Eigen::VectorXd const per_square = parameters.lengths.array().square().inverse();
  Eigen::MatrixXd const columns = data.inputs.transpose();
  for (Eigen::Index j = 0; j < points; ++j) {
    auto const diagonal = weights[j] * weights[j] - inverse(j, j);
    gradient[inputs] += 0.5 * diagonal * parameters.variance;
    gradient[inputs + 1] += 0.5 * diagonal * parameters.noise;
    for (Eigen::Index i = j + 1; i < points; ++i) {
      auto const g = weights[i] * weights[j] - inverse(i, j);
      auto const decay = parameters.variance * std::exp(-root5 * r(i, j));
      gradient[inputs] += g * decay * (1.0 + root5 * r(i, j) + 5.0 / 3.0 * r(i, j) * r(i, j));
      auto const slope = g * decay * 5.0 / 3.0 * (1.0 + root5 * r(i, j));
      gradient.head(inputs).array() += slope * (columns.col(i) - columns.col(j)).array().square() * per_square.array();
    }
  }
  return gradient;
}

void check(ProcessData const& data) {
  require(data.inputs.rows() > 0, "no points to fit a Gaussian process to");
  require(data.inputs.rows() == data.values.size() && data.values.size() == data.standard_errors.size(),
          "Gaussian process with ", data.inputs.rows(), " inputs, ", data.values.size(), " values and ",
          data.standard_errors.size(), " errors (must be as many of each)");
  require(data.inputs.allFinite() && data.values.allFinite() && data.standard_errors.allFinite(),
          "a number that is not finite in the data of a Gaussian process");
}

/// Every point, or `most` of them, evenly.
ProcessData thinned(ProcessData const& data, Eigen::Index most) {
  auto const points = data.inputs.rows();
  if (points <= most) return data;
  std::vector<Eigen::Index> chosen;
  for (Eigen::Index i = 0; i < most; ++i) chosen.push_back(i * points / most);
  return {data.inputs(chosen, Eigen::all), data.values(chosen), data.standard_errors(chosen)};
}

/// What the optimizer sees: the data, and the best point met (its own answer may be a failed line search).
struct Search {
  ProcessData const* data = nullptr;
  Eigen::VectorXd best;
  double best_value = -std::numeric_limits<double>::infinity();
};

double objective(unsigned size, double const* x, double* gradient, void* user) {
  auto& search = *static_cast<Search*>(user);
  Eigen::VectorXd const point = Eigen::Map<Eigen::VectorXd const>(x, size);
  Eigen::VectorXd slope = Eigen::VectorXd::Zero(size);
  auto const value = log_posterior(*search.data, point, gradient ? &slope : nullptr);
  if (gradient) Eigen::Map<Eigen::VectorXd>(gradient, size) = slope;
  if (value > search.best_value) {
    search.best_value = value;
    search.best = point;
  }
  return std::isfinite(value) ? value : -1e100;
}

void climb(Search& search, Eigen::VectorXd start, int evaluations) {
  auto const size = start.size();
  Eigen::VectorXd low(size), high(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    auto const bounds = bounds_of(i, size - 2);
    low[i] = bounds.low;
    high[i] = bounds.high;
  }
  start = start.cwiseMax(low).cwiseMin(high);
  std::unique_ptr<std::remove_pointer_t<nlopt_opt>, decltype(&nlopt_destroy)> const optimizer(
      nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(size)), nlopt_destroy);
  nlopt_set_lower_bounds(optimizer.get(), low.data());
  nlopt_set_upper_bounds(optimizer.get(), high.data());
  nlopt_set_max_objective(optimizer.get(), objective, &search);
  nlopt_set_vector_storage(optimizer.get(), 10);  // its default depends on the size of the memory
  nlopt_set_maxeval(optimizer.get(), evaluations);
  nlopt_set_ftol_abs(optimizer.get(), 1e-4);  // of a log likelihood: far below what tells models apart
  double value = 0.0;
  nlopt_optimize(optimizer.get(), start.data(), &value);  // whatever it returns, search.best is the best point met
}

}  // namespace

double log_posterior(ProcessData const& data, Eigen::VectorXd const& point, Eigen::VectorXd* gradient) {
  auto const parameters = parameters_of(point);
  auto const r = distances(data.inputs, parameters.lengths);
  auto const factor = Cholesky::factor(covariance(r, parameters, data.standard_errors.array().square()));
  if (gradient) gradient->setZero(point.size());
  if (!factor) return -std::numeric_limits<double>::infinity();
  auto const half = factor->solve_lower(data.values);
  auto const points = static_cast<double>(data.values.size());
  auto const value =
      -0.5 * half.squaredNorm() - 0.5 * factor->log_determinant() - 0.5 * points * std::log(2.0 * units::pi);
  if (gradient) *gradient = likelihood_gradient(data, r, parameters, *factor, factor->solve(data.values));
  return value + add_prior(point, gradient);
}

GaussianProcess::GaussianProcess(ProcessData data, ProcessParameters parameters) {
  check(data);
  dimensions_ = data.inputs.cols();
  require(parameters.lengths.size() == dimensions_, parameters.lengths.size(), " lengths for ", dimensions_, " inputs");
  used_.resize(static_cast<std::size_t>(dimensions_));
  std::iota(used_.begin(), used_.end(), Eigen::Index{0});
  shift_ = Eigen::VectorXd::Zero(dimensions_);
  scale_ = Eigen::VectorXd::Ones(dimensions_);
  parameters_ = std::move(parameters);
  inputs_ = std::move(data.inputs);
  values_ = std::move(data.values);
  noise_ = data.standard_errors.array().square();
  condition();
}

// One part in 10^10 of the mean is rounding, not variation.
void GaussianProcess::standardise(ProcessData const& data) {
  auto const points = static_cast<double>(data.values.size());
  dimensions_ = data.inputs.cols();
  std::vector<double> shifts, scales;
  for (Eigen::Index i = 0; i < dimensions_; ++i) {
    auto const mean = data.inputs.col(i).sum() / points;
    auto const deviation = std::sqrt((data.inputs.col(i).array() - mean).square().sum() / points);
    if (!(deviation > 1e-10 * std::abs(mean))) continue;
    used_.push_back(i);
    shifts.push_back(mean);
    scales.push_back(deviation);
  }
  auto const used = static_cast<Eigen::Index>(used_.size());
  shift_ = Eigen::Map<Eigen::VectorXd>(shifts.data(), used);
  scale_ = Eigen::Map<Eigen::VectorXd>(scales.data(), used);
  inputs_.resize(data.inputs.rows(), used);
  for (Eigen::Index i = 0; i < used; ++i) {
    inputs_.col(i) = (data.inputs.col(used_[static_cast<std::size_t>(i)]).array() - shift_[i]) / scale_[i];
  }
  value_shift_ = data.values.sum() / points;
  auto const spread = std::sqrt((data.values.array() - value_shift_).square().sum() / points);
  auto const size = std::abs(value_shift_);
  value_scale_ = spread > 1e-10 * size ? spread : size > 0.0 ? size : 1.0;
  values_ = (data.values.array() - value_shift_) / value_scale_;
  noise_ = (data.standard_errors.array() / value_scale_).square();
}

GaussianProcess GaussianProcess::fit(ProcessData const& data, ProcessFit const& options) {
  check(data);
  GaussianProcess process;
  process.standardise(data);
  auto const training = thinned({process.inputs_, process.values_, process.noise_.cwiseSqrt()}, options.most_points);
  auto const inputs = process.inputs_.cols();
  Search search{&training, {}, -std::numeric_limits<double>::infinity()};
  for (int start = 0; start < options.starts; ++start) {
    Rng rng(options.seed, "gaussian process", static_cast<std::uint64_t>(start));
    nlopt_srand(rng.bits());
    Eigen::VectorXd point(inputs + 2);
    for (Eigen::Index i = 0; i < point.size(); ++i) {
      auto const prior = prior_of(i, inputs);
      point[i] = prior.mean + (start == 0 ? 0.0 : prior.deviation * rng.normal());
    }
    climb(search, std::move(point), options.evaluations);
  }
  require(search.best.size() > 0, "no parameters of a Gaussian process found (its covariance is singular everywhere)");
  process.parameters_ = parameters_of(search.best);
  process.condition();
  return process;
}

void GaussianProcess::condition() {
  auto factor = Cholesky::factor(covariance(distances(inputs_, parameters_.lengths), parameters_, noise_));
  require(factor.has_value(), "singular covariance of a Gaussian process (equal inputs without noise)");
  factor_ = *std::move(factor);
  weights_ = factor_.solve(values_);
}

GaussianProcess::Posterior GaussianProcess::predict(Eigen::VectorXd const& input) const {
  require(input.size() == dimensions_, "Gaussian process of ", dimensions_, " inputs asked with ", input.size());
  Eigen::VectorXd const scaled = (input(used_) - shift_).cwiseQuotient(scale_);
  Eigen::VectorXd towards(inputs_.rows());
  for (Eigen::Index i = 0; i < towards.size(); ++i) {
    auto const r = (inputs_.row(i).transpose() - scaled).cwiseQuotient(parameters_.lengths).norm();
    towards[i] = parameters_.variance * matern(r);
  }
  auto const variance = std::max(parameters_.variance - factor_.solve_lower(towards).squaredNorm(), 0.0);
  return {value_shift_ + value_scale_ * weights_.dot(towards), value_scale_ * value_scale_ * variance};
}

double GaussianProcess::noise_variance() const { return value_scale_ * value_scale_ * parameters_.noise; }

namespace {

constexpr Envelope envelope{0x4e475052, 1};  // "NGPR"

std::vector<double> numbers_of(Eigen::Ref<Eigen::VectorXd const> const& vector) {
  return {vector.data(), vector.data() + vector.size()};
}
Eigen::VectorXd vector_of(std::vector<double> const& numbers) {
  return Eigen::Map<Eigen::VectorXd const>(numbers.data(), static_cast<Eigen::Index>(numbers.size()));
}

}  // namespace

std::string GaussianProcess::save() const {
  std::ostringstream bytes;
  {
    boost::archive::binary_oarchive archive(bytes, boost::archive::no_header);
    auto const rows = static_cast<std::int64_t>(inputs_.rows()), dimensions = static_cast<std::int64_t>(dimensions_);
    std::vector<std::int64_t> const used(used_.begin(), used_.end());
    auto const shift = numbers_of(shift_), scale = numbers_of(scale_), lengths = numbers_of(parameters_.lengths),
               inputs = numbers_of(inputs_.reshaped()), values = numbers_of(values_), noise = numbers_of(noise_);
    archive << rows << dimensions << used << shift << scale << value_shift_ << value_scale_ << lengths
            << parameters_.variance << parameters_.noise << inputs << values << noise;
  }
  return seal(envelope, bytes.str());
}

GaussianProcess GaussianProcess::load(std::string const& bytes) {
  std::istringstream in(open_envelope(envelope, bytes));
  GaussianProcess process;
  std::int64_t rows = 0, dimensions = 0;
  std::vector<std::int64_t> used;
  std::vector<double> shift, scale, lengths, inputs, values, noise;
  try {
    boost::archive::binary_iarchive archive(in, boost::archive::no_header);
    archive >> rows >> dimensions >> used >> shift >> scale >> process.value_shift_ >> process.value_scale_ >>
        lengths >> process.parameters_.variance >> process.parameters_.noise >> inputs >> values >> noise;
  } catch (boost::archive::archive_exception const& error) {
    throw Error(concat("unusable state of a Gaussian process (", error.what(), ")"));
  }
  process.dimensions_ = dimensions;
  process.used_.assign(used.begin(), used.end());
  process.shift_ = vector_of(shift);
  process.scale_ = vector_of(scale);
  process.parameters_.lengths = vector_of(lengths);
  process.inputs_ = vector_of(inputs).reshaped(rows, static_cast<Eigen::Index>(lengths.size()));
  process.values_ = vector_of(values);
  process.noise_ = vector_of(noise);
  process.condition();
  return process;
}

}  // namespace nacre
