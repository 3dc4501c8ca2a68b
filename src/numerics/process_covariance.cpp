#include "process_covariance.hpp"

#include <cmath>
#include <numeric>

#include "nacre/core/units.hpp"
#include "process_kernel.hpp"

namespace nacre::detail {
namespace {

constexpr double root5 = 2.23606797749978969641;

double matern(double r) { return (1.0 + root5 * r + 5.0 / 3.0 * r * r) * std::exp(-root5 * r); }

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double logit(double p) { return std::log(p / (1.0 - p)); }

/// Distances between the descriptors of two choices, squared.
double descriptor_square(CategoryForm const& category, Eigen::Index a, Eigen::Index b) {
  return (category.descriptors.row(a) - category.descriptors.row(b)).squaredNorm();
}

}  // namespace

std::vector<int> groups_of(ProcessForm const& form, Eigen::Index inputs) {
  if (!form.groups.empty()) return form.groups;
  std::vector<int> groups(static_cast<std::size_t>(inputs));
  std::iota(groups.begin(), groups.end(), 0);
  return groups;
}

ParameterLayout::ParameterLayout(ProcessForm const& form, Eigen::Index inputs) {
  for (auto const group : groups_of(form, inputs)) lengths = std::max<Eigen::Index>(lengths, group + 1);
  variance = lengths;
  noise = lengths + 1;
  mismatch = lengths + 2;
  categories = static_cast<Eigen::Index>(form.categories.size());
  auto next = mismatch + categories;
  for (auto const& category : form.categories) {
    descriptor_length.push_back(category.descriptors.cols() > 0 ? next++ : -1);
  }
  if (categories >= 2) main_effects = next++;
  if (categories >= 1 && inputs >= 1) common = next++;
  links = next;
  size = links + form.tiers - 1;
}

ProcessParameters parameters_of(Eigen::VectorXd const& point, ProcessForm const& form, Eigen::Index inputs) {
  ParameterLayout const layout(form, inputs);
  ProcessParameters result;
  result.lengths = point.head(layout.lengths).array().exp();
  result.variance = std::exp(point[layout.variance]);
  result.noise = std::exp(point[layout.noise]);
  result.mismatch = point.segment(layout.mismatch, layout.categories).array().exp();
  result.descriptor_lengths = Eigen::VectorXd::Ones(layout.categories);
  for (Eigen::Index j = 0; j < layout.categories; ++j) {
    auto const position = layout.descriptor_length[static_cast<std::size_t>(j)];
    if (position >= 0) result.descriptor_lengths[j] = std::exp(point[position]);
  }
  result.main_effects = layout.main_effects >= 0 ? logistic(point[layout.main_effects]) : 0.0;
  result.common = layout.common >= 0 ? logistic(point[layout.common]) : 0.0;
  result.links.resize(form.tiers - 1);
  for (Eigen::Index t = 0; t < result.links.size(); ++t) result.links[t] = logistic(point[layout.links + t]);
  return result;
}

Eigen::VectorXd point_of(ProcessParameters const& parameters, ProcessForm const& form, Eigen::Index inputs) {
  ParameterLayout const layout(form, inputs);
  Eigen::VectorXd point(layout.size);
  point.head(layout.lengths) = parameters.lengths.array().log();
  point[layout.variance] = std::log(parameters.variance);
  point[layout.noise] = std::log(parameters.noise);
  point.segment(layout.mismatch, layout.categories) = parameters.mismatch.array().log();
  for (Eigen::Index j = 0; j < layout.categories; ++j) {
    auto const position = layout.descriptor_length[static_cast<std::size_t>(j)];
    if (position >= 0) point[position] = std::log(parameters.descriptor_lengths[j]);
  }
  if (layout.main_effects >= 0) point[layout.main_effects] = logit(parameters.main_effects);
  if (layout.common >= 0) point[layout.common] = logit(parameters.common);
  for (Eigen::Index t = 0; t < parameters.links.size(); ++t) point[layout.links + t] = logit(parameters.links[t]);
  return point;
}

// Lengths grow with the root of the number of inputs, so that a typical pair of points stays correlated (C. Hvarfner et
// al., ICML 2024, arXiv:2402.02229); so do those of categories, whose w is the square of an inverse length.
Prior prior_of(Eigen::Index parameter, ParameterLayout const& layout, ProcessFit const& options) {
  if (parameter < layout.lengths) {
    auto const usual = 0.5 * std::log(static_cast<double>(layout.lengths)) + 0.5;
    return {std::isnan(options.length_mean) ? usual : options.length_mean, options.length_deviation};
  }
  if (parameter == layout.variance) return {0.0, 1.0};
  if (parameter == layout.noise) return {std::log(1e-3), 2.5};
  if (parameter < layout.mismatch + layout.categories) {
    return {-0.5 * std::log(static_cast<double>(layout.categories)), 1.5};
  }
  if (parameter == layout.main_effects) return {0.0, 1.5};
  if (parameter == layout.common) return {-1.5, 1.5};
  if (parameter >= layout.links) return {2.0, 1.5};
  return {0.0, 1.0};  // lengths of descriptors
}

Bounds bounds_of(Eigen::Index parameter, ParameterLayout const& layout, ProcessFit const& options) {
  if (parameter < layout.lengths) return {std::log(1e-2), std::log(1e3)};
  if (parameter == layout.variance) return {std::log(1e-3), std::log(1e3)};
  if (parameter == layout.noise) return {std::log(options.least_noise), std::log(2.0)};
  if (parameter < layout.mismatch + layout.categories) return {std::log(1e-4), std::log(20.0)};
  if (parameter == layout.main_effects || parameter == layout.common) return {-7.0, 7.0};
  if (parameter >= layout.links) return {-7.0, 7.0};
  return {std::log(1e-2), std::log(1e3)};
}

KernelTables tables_of(ProcessForm const& form, ProcessParameters const& parameters) {
  KernelTables tables;
  for (std::size_t j = 0; j < form.categories.size(); ++j) {
    auto const& category = form.categories[j];
    auto const index = static_cast<Eigen::Index>(j);
    Eigen::MatrixXd alike = Eigen::MatrixXd::Ones(category.choices, category.choices);
    for (Eigen::Index a = 0; a < category.choices; ++a) {
      for (Eigen::Index b = 0; b < category.choices; ++b) {
        if (a == b) continue;
        alike(a, b) = std::exp(-parameters.mismatch[index]);
        if (category.descriptors.cols() == 0) continue;
        alike(a, b) *= matern(std::sqrt(descriptor_square(category, a, b)) / parameters.descriptor_lengths[index]);
      }
    }
    tables.alike.push_back(std::move(alike));
  }
  tables.between = Eigen::MatrixXd::Ones(form.tiers, form.tiers);
  for (Eigen::Index a = 0; a < form.tiers; ++a) {
    for (Eigen::Index b = 0; b < form.tiers; ++b) {
      for (auto t = std::min(a, b); t < std::max(a, b); ++t) tables.between(a, b) *= parameters.links[t];
    }
  }
  return tables;
}

Eigen::ArrayXd discrete_factor(KernelTables const& tables, ProcessParameters const& parameters,
                               Eigen::MatrixXi const& choices, Eigen::VectorXi const& tiers, Eigen::Index first,
                               Eigen::Index end, int const* query_choices, int query_tier) {
  auto const count = end - first;
  Eigen::ArrayXd factor = Eigen::ArrayXd::Ones(count);
  auto const categories = tables.alike.size();
  if (categories > 0) {
    Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(count);
    for (std::size_t j = 0; j < categories; ++j) {
      auto const& alike = tables.alike[j];
      double const* const column = &alike(0, query_choices[j]);  // symmetric
      int const* const others = &choices(first, static_cast<Eigen::Index>(j));
      for (Eigen::Index i = 0; i < count; ++i) {
        auto const one = column[others[i]];
        factor[i] *= one;
        sum[i] += one;
      }
    }
    auto const m = parameters.main_effects;
    if (m > 0.0) factor = (1.0 - m) * factor + m / static_cast<double>(categories) * sum;
  }
  if (tables.between.rows() > 1) {
    for (Eigen::Index i = 0; i < count; ++i) factor[i] *= tables.between(tiers[first + i], query_tier);
  }
  return factor;
}

Eigen::MatrixXd covariance_of(Eigen::MatrixXd const& coordinates, Eigen::MatrixXi const& choices,
                              Eigen::VectorXi const& tiers, Eigen::VectorXd const& noise, Eigen::Index points,
                              KernelTables const& tables, ProcessParameters const& parameters) {
  Eigen::MatrixXd result(points, points);
  Eigen::ArrayXd slope(points);
  Eigen::VectorXi own(choices.cols());
  for (Eigen::Index j = 0; j < points; ++j) {
    Eigen::VectorXd const query = coordinates.row(j);
    if (choices.cols() > 0) own = choices.row(j);
    evaluate_matern(selected_isa(), {points - j, coordinates.outerStride(), static_cast<int>(coordinates.cols()),
                                     coordinates.data() + j, query.data(), &result(j, j), slope.data()});
    auto column = result.col(j).tail(points - j).array();
    column = parameters.variance * (parameters.common + (1.0 - parameters.common) * column) *
             discrete_factor(tables, parameters, choices, tiers, j, points, own.data(), tiers[j]);
    result(j, j) += noise[j] + parameters.noise;
  }
  return result;
}

}  // namespace nacre::detail

namespace nacre {
namespace {

using detail::KernelTables;
using detail::ParameterLayout;

double add_prior(Eigen::VectorXd const& point, ParameterLayout const& layout, ProcessFit const& options,
                 Eigen::VectorXd* gradient) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < point.size(); ++i) {
    auto const prior = detail::prior_of(i, layout, options);
    auto const z = (point[i] - prior.mean) / prior.deviation;
    sum -= 0.5 * z * z;
    if (gradient) (*gradient)[i] -= z / prior.deviation;
  }
  return sum;
}

/// Everything that the derivatives of one likelihood share.
struct Derivatives {
  ProcessData const& data;
  ProcessParameters const& parameters;
  KernelTables const& tables;
  ParameterLayout const& layout;
  Eigen::MatrixXd const& coordinates;
  Eigen::VectorXi const& tiers;
  std::vector<int> groups;
  Eigen::VectorXd gradient;

  void add_column(Eigen::Index j, Eigen::ArrayXd const& weight);
  void add_pair(Eigen::Index i, Eigen::Index j, double smooth, double weight);
};

/// Of the discrete factor: `smooth` is s² (c + (1 - c) M), `weight` the pair's G.
void Derivatives::add_pair(Eigen::Index i, Eigen::Index j, double smooth, double weight) {
  auto const categories = static_cast<Eigen::Index>(tables.alike.size());
  double product = 1.0, sum = 0.0;
  for (Eigen::Index c = 0; c < categories; ++c) {
    auto const one = tables.alike[static_cast<std::size_t>(c)](data.choices(i, c), data.choices(j, c));
    product *= one;
    sum += one;
  }
  auto const m = parameters.main_effects;
  auto const mean = categories > 0 ? sum / static_cast<double>(categories) : 1.0;
  auto const together = (1.0 - m) * product + m * mean, tier = tables.between(tiers[i], tiers[j]);
  auto const scale = weight * smooth * tier;
  if (layout.main_effects >= 0) gradient[layout.main_effects] += scale * (mean - product) * m * (1.0 - m);
  for (auto t = std::min(tiers[i], tiers[j]); t < std::max(tiers[i], tiers[j]); ++t) {
    gradient[layout.links + t] += scale * together * (1.0 - parameters.links[t]);
  }
  for (Eigen::Index c = 0; c < categories; ++c) {
    auto const a = data.choices(i, c), b = data.choices(j, c);
    if (a == b) continue;
    auto const one = tables.alike[static_cast<std::size_t>(c)](a, b);
    // d(together)/d(o) times o
    auto const share = (1.0 - m) * product + m * one / static_cast<double>(categories);
    gradient[layout.mismatch + c] -= scale * share * parameters.mismatch[c];
    auto const position = layout.descriptor_length[static_cast<std::size_t>(c)];
    if (position < 0) continue;
    auto const& form = data.form.categories[static_cast<std::size_t>(c)];
    auto const r2 = (form.descriptors.row(a) - form.descriptors.row(b)).squaredNorm() /
                    (parameters.descriptor_lengths[c] * parameters.descriptor_lengths[c]);
    auto const r = std::sqrt(5.0 * r2);
    gradient[position] += scale * share * 5.0 / 3.0 * r2 * (1.0 + r) / (1.0 + r + 5.0 / 3.0 * r2);
  }
}

/// Pairs of point j with those after it; `weight` is G_ij for i = j + 1 ...
void Derivatives::add_column(Eigen::Index j, Eigen::ArrayXd const& weight) {
  auto const points = data.inputs.rows(), first = j + 1, count = points - first;
  if (count == 0) return;
  Eigen::ArrayXd correlation(count), slope(count);
  Eigen::VectorXd const query = coordinates.row(j);
  detail::evaluate_matern(selected_isa(), {count, coordinates.outerStride(), static_cast<int>(coordinates.cols()),
                                           coordinates.data() + first, query.data(), correlation.data(), slope.data()});
  Eigen::VectorXi const own = layout.categories > 0 ? data.choices.row(j).transpose().eval() : Eigen::VectorXi();
  auto const discrete =
      detail::discrete_factor(tables, parameters, data.choices, tiers, first, points, own.data(), tiers[j]);
  auto const s = parameters.variance, c = parameters.common;
  Eigen::ArrayXd const smooth = s * (c + (1.0 - c) * correlation), weighted = weight * discrete;
  gradient[layout.variance] += (weighted * smooth).sum();
  if (layout.common >= 0) gradient[layout.common] += s * c * (1.0 - c) * (weighted * (1.0 - correlation)).sum();
  Eigen::ArrayXd const pull = s * (1.0 - c) * weighted * slope;
  for (Eigen::Index f = 0; f < coordinates.cols(); ++f) {
    gradient[groups[static_cast<std::size_t>(f)]] +=
        (pull * (coordinates.col(f).tail(count).array() - query[f]).square()).sum();
  }
  if (layout.categories == 0 && data.form.tiers == 1) return;
  for (Eigen::Index i = 0; i < count; ++i) add_pair(first + i, j, smooth[i], weight[i]);
}

/// d(log likelihood)/dp = ½ Σ_ij G_ij dK_ij/dp with G = a·aᵀ - K⁻¹, a = K⁻¹·y.
Eigen::VectorXd likelihood_gradient(Derivatives derivatives, Cholesky const& factor, Eigen::VectorXd const& weights) {
  auto const points = derivatives.data.inputs.rows();
  auto& gradient = derivatives.gradient = Eigen::VectorXd::Zero(derivatives.layout.size);
  Eigen::MatrixXd const inverse = factor.inverse();
  for (Eigen::Index j = 0; j < points; ++j) {
    auto const diagonal = weights[j] * weights[j] - inverse(j, j);
    gradient[derivatives.layout.variance] += 0.5 * diagonal * derivatives.parameters.variance;
    gradient[derivatives.layout.noise] += 0.5 * diagonal * derivatives.parameters.noise;
    auto const below = points - j - 1;
    derivatives.add_column(j, weights.tail(below).array() * weights[j] - inverse.col(j).tail(below).array());
  }
  return gradient;
}

}  // namespace

double log_posterior(ProcessData const& data, Eigen::VectorXd const& point, Eigen::VectorXd* gradient,
                     ProcessFit const& options) {
  auto const inputs = data.inputs.cols(), points = data.inputs.rows();
  ParameterLayout const layout(data.form, inputs);
  auto const parameters = detail::parameters_of(point, data.form, inputs);
  auto const tables = detail::tables_of(data.form, parameters);
  auto const groups = detail::groups_of(data.form, inputs);
  Eigen::MatrixXd coordinates = data.inputs;
  for (Eigen::Index f = 0; f < inputs; ++f)
    coordinates.col(f) /= parameters.lengths[groups[static_cast<std::size_t>(f)]];
  Eigen::VectorXi const tiers = data.tiers.size() > 0 ? data.tiers : Eigen::VectorXi::Zero(points).eval();
  auto const factor = Cholesky::factor(detail::covariance_of(
      coordinates, data.choices, tiers, data.standard_errors.array().square(), points, tables, parameters));
  if (gradient) gradient->setZero(point.size());
  if (!factor) return -std::numeric_limits<double>::infinity();
  auto const half = factor->solve_lower(data.values);
  auto const value = -0.5 * half.squaredNorm() - 0.5 * factor->log_determinant() -
                     0.5 * static_cast<double>(points) * std::log(2.0 * units::pi);
  if (gradient) {
    *gradient = likelihood_gradient({data, parameters, tables, layout, coordinates, tiers, groups, {}}, *factor,
                                    factor->solve(data.values));
  }
  return value + add_prior(point, layout, options, gradient);
}

}  // namespace nacre
