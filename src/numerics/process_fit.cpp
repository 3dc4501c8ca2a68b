// The parameters of a Gaussian process from data.
#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/numerics/gaussian_process.hpp"
#include "process_covariance.hpp"
#include "process_state.hpp"

namespace nacre {
namespace {

/// Every point, or `most` of them, evenly.
ProcessData thinned(ProcessData data, Eigen::Index most) {
  auto const points = data.inputs.rows();
  if (points <= most) return data;
  std::vector<Eigen::Index> chosen;
  for (Eigen::Index i = 0; i < most; ++i) chosen.push_back(i * points / most);
  return {data.inputs(chosen, Eigen::all),  data.values(chosen), data.standard_errors(chosen),
          data.choices(chosen, Eigen::all), data.tiers(chosen),  std::move(data.form)};
}

/// What the optimizer sees: the data, and the best point met (its own answer may be a failed line search).
struct Search {
  ProcessData const* data = nullptr;
  ProcessFit const* options = nullptr;
  Eigen::VectorXd best;
  double best_value = -std::numeric_limits<double>::infinity();
};

double objective(unsigned size, double const* x, double* gradient, void* user) {
  auto& search = *static_cast<Search*>(user);
  Eigen::VectorXd const point = Eigen::Map<Eigen::VectorXd const>(x, size);
  Eigen::VectorXd slope = Eigen::VectorXd::Zero(size);
  auto const value = log_posterior(*search.data, point, gradient ? &slope : nullptr, *search.options);
  if (gradient) Eigen::Map<Eigen::VectorXd>(gradient, size) = slope;
  if (value > search.best_value) {
    search.best_value = value;
    search.best = point;
  }
  return std::isfinite(value) ? value : -1e100;
}

void climb(Search& search, detail::ParameterLayout const& layout, Eigen::VectorXd start) {
  auto const size = start.size();
  Eigen::VectorXd low(size), high(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    auto const bounds = detail::bounds_of(i, layout, *search.options);
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
  nlopt_set_maxeval(optimizer.get(), search.options->evaluations);
  nlopt_set_ftol_abs(optimizer.get(), 1e-4);  // of a log likelihood: far below what tells models apart
  double value = 0.0;
  nlopt_optimize(optimizer.get(), start.data(), &value);  // whatever it returns, search.best is the best point met
}

struct Scale {
  double shift = 0.0, scale = 1.0;
};

Scale scale_of(std::vector<double> const& values) {
  double sum = 0.0, squares = 0.0;
  for (auto const value : values) sum += value;
  auto const mean = sum / static_cast<double>(values.size());
  for (auto const value : values) squares += (value - mean) * (value - mean);
  auto const spread = std::sqrt(squares / static_cast<double>(values.size())), size = std::abs(mean);
  return {mean, spread > 1e-10 * size && spread > 0.0 ? spread : size > 0.0 ? size : 1.0};
}

}  // namespace

// One part in 10^10 of the mean is rounding, not variation. A tier with fewer than 4 values takes the scale of all.
void GaussianProcess::standardise(ProcessData const& data, bool inputs) {
  auto const points = static_cast<double>(data.values.size());
  dimensions_ = data.inputs.cols();
  std::vector<double> shifts, scales;
  for (Eigen::Index i = 0; i < dimensions_; ++i) {
    auto const mean = data.inputs.col(i).sum() / points;
    auto const deviation = std::sqrt((data.inputs.col(i).array() - mean).square().sum() / points);
    if (inputs && !(deviation > 1e-10 * std::abs(mean))) continue;
    used_.push_back(i);
    shifts.push_back(inputs ? mean : 0.0);
    scales.push_back(inputs ? deviation : 1.0);
  }
  auto const used = static_cast<Eigen::Index>(used_.size());
  shift_ = Eigen::Map<Eigen::VectorXd>(shifts.data(), used);
  scale_ = Eigen::Map<Eigen::VectorXd>(scales.data(), used);
  coordinates_.resize(data.inputs.rows(), used);
  for (Eigen::Index i = 0; i < used; ++i) {
    coordinates_.col(i) = (data.inputs.col(used_[static_cast<std::size_t>(i)]).array() - shift_[i]) / scale_[i];
  }
  std::vector<double> const all(data.values.begin(), data.values.end());
  value_shift_.resize(data.form.tiers);
  value_scale_.resize(data.form.tiers);
  for (int tier = 0; tier < data.form.tiers; ++tier) {
    std::vector<double> own;
    for (Eigen::Index i = 0; i < data.values.size(); ++i) {
      if (data.tiers[i] == tier) own.push_back(data.values[i]);
    }
    auto const scale = scale_of(own.size() < 4 ? all : own);
    value_shift_[tier] = scale.shift;
    value_scale_[tier] = scale.scale;
  }
  values_ = (data.values - value_shift_(data.tiers)).cwiseQuotient(value_scale_(data.tiers));
  noise_ = data.standard_errors.cwiseQuotient(value_scale_(data.tiers)).array().square();
}

GaussianProcess GaussianProcess::fit(ProcessData const& given, ProcessFit const& options) {
  auto const data = detail::complete(given);
  require(data.form.groups.empty() || !options.standardise_inputs, "inputs in groups are not standardised");
  GaussianProcess process;
  process.standardise(data, options.standardise_inputs);
  process.choices_ = data.choices;
  process.tiers_ = data.tiers;
  process.form_ = data.form;
  auto const inputs = process.coordinates_.cols();
  process.form_.groups = detail::groups_of(data.form, inputs);
  auto const training = thinned({process.coordinates_, process.values_, process.noise_.cwiseSqrt(), process.choices_,
                                 process.tiers_, process.form_},
                                options.most_points);
  detail::ParameterLayout const layout(process.form_, inputs);
  Search search{&training, &options, {}, -std::numeric_limits<double>::infinity()};
  for (int start = 0; start < options.starts; ++start) {
    Rng rng(options.seed, "gaussian process", static_cast<std::uint64_t>(start));
    nlopt_srand(rng.bits());
    Eigen::VectorXd point(layout.size);
    for (Eigen::Index i = 0; i < point.size(); ++i) {
      auto const prior = detail::prior_of(i, layout, options);
      point[i] = prior.mean + (start == 0 ? 0.0 : prior.deviation * rng.normal());
    }
    if (start == 0 && options.warm) point = detail::point_of(*options.warm, process.form_, inputs);
    climb(search, layout, std::move(point));
  }
  require(search.best.size() > 0, "no parameters of a Gaussian process found (its covariance is singular everywhere)");
  process.parameters_ = detail::parameters_of(search.best, process.form_, inputs);
  process.evidence_ = search.best_value;
  for (Eigen::Index i = 0; i < training.values.size(); ++i) {
    process.evidence_ -= std::log(process.value_scale_[training.tiers[i]]);
  }
  process.condition();
  return process;
}

}  // namespace nacre
