#include "nacre/numerics/vecchia_process.hpp"

#include <algorithm>
#include <numeric>

#include "nacre/core/error.hpp"
#include "process_covariance.hpp"
#include "process_kernel.hpp"
#include "process_state.hpp"

namespace nacre {
namespace {

/// The indices of the largest values, increasing.
std::vector<Eigen::Index> largest(Eigen::VectorXd const& values, Eigen::Index count) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  auto const kept = static_cast<std::ptrdiff_t>(std::min(count, values.size()));
  std::nth_element(order.begin(), order.begin() + kept, order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  });
  order.resize(static_cast<std::size_t>(kept));
  std::ranges::sort(order);
  return order;
}

GrowingCholesky factor_of(Eigen::MatrixXd matrix, double variance) {
  auto factor = GrowingCholesky::factor(matrix);
  for (double jitter = 1e-10; !factor && jitter < 1e-5; jitter *= 100.0) {
    matrix.diagonal().array() += jitter * variance;
    factor = GrowingCholesky::factor(matrix);
  }
  require(factor.has_value(), "singular covariance of neighbours (equal inputs without noise)");
  return *std::move(factor);
}

}  // namespace

VecchiaProcess::VecchiaProcess(ProcessData data, ProcessParameters parameters, Eigen::Index neighbours)
    : data_(detail::complete(std::move(data))), parameters_(std::move(parameters)), neighbours_(neighbours) {
  require(neighbours >= 1, "invalid neighbours=", neighbours, " (must be positive)");
  auto const groups = detail::groups_of(data_.form, data_.inputs.cols());
  Eigen::Index const lengths = groups.empty() ? 0 : *std::ranges::max_element(groups) + 1;
  require(parameters_.lengths.size() == lengths, parameters_.lengths.size(), " lengths for ", lengths, " inputs");
  lengths_.resize(data_.inputs.cols());
  for (std::size_t f = 0; f < groups.size(); ++f)
    lengths_[static_cast<Eigen::Index>(f)] = parameters_.lengths[groups[f]];
  coordinates_ = data_.inputs * lengths_.cwiseInverse().asDiagonal();
  auto tables = detail::tables_of(data_.form, parameters_);
  alike_ = std::move(tables.alike);
  between_ = std::move(tables.between);
}

Eigen::VectorXd VecchiaProcess::covariances(Eigen::VectorXd const& place, int const* choices, int tier) const {
  Eigen::VectorXd correlation(size()), slope(size());
  detail::evaluate_matern(selected_isa(), {size(), coordinates_.outerStride(), static_cast<int>(place.size()),
                                           coordinates_.data(), place.data(), correlation.data(), slope.data()});
  auto const discrete =
      detail::discrete_factor({alike_, between_}, parameters_, data_.choices, data_.tiers, 0, size(), choices, tier);
  auto const c = parameters_.common;
  return (parameters_.variance * (c + (1.0 - c) * correlation.array()) * discrete).matrix();
}

std::vector<GaussianProcess::Posterior> VecchiaProcess::predict(ProcessQuery const& query) const {
  require(query.inputs.cols() == lengths_.size(), "Gaussian process of ", lengths_.size(), " inputs asked with ",
          query.inputs.cols());
  Eigen::VectorXd const noise = data_.standard_errors.array().square();
  std::vector<GaussianProcess::Posterior> result;
  for (Eigen::Index i = 0; i < query.inputs.rows(); ++i) {
    Eigen::VectorXd const place = query.inputs.row(i).transpose().cwiseQuotient(lengths_);
    Eigen::VectorXi const choices =
        query.choices.cols() > 0 ? query.choices.row(i).transpose().eval() : Eigen::VectorXi();
    auto const towards = covariances(place, choices.data(), query.tier);
    auto const near = largest(towards, neighbours_);
    auto const factor = factor_of(
        detail::covariance_of(coordinates_(near, Eigen::all), data_.choices(near, Eigen::all), data_.tiers(near),
                              noise(near), static_cast<Eigen::Index>(near.size()), {alike_, between_}, parameters_),
        parameters_.variance);
    Eigen::VectorXd const half = factor.solve_lower(Eigen::VectorXd(towards(near)));
    Eigen::VectorXd const values = factor.solve_lower(Eigen::VectorXd(data_.values(near)));
    result.push_back({half.dot(values), std::max(parameters_.variance - half.squaredNorm(), 0.0)});
  }
  return result;
}

}  // namespace nacre
