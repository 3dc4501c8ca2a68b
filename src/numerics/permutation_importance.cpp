#include "nacre/numerics/permutation_importance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

std::vector<Eigen::Index> shuffled_order(Eigen::Index size, Rng& rng) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

}  // namespace

Eigen::VectorXd shuffled_rises(std::function<Eigen::VectorXd(Eigen::MatrixXd const&)> const& means,
                               Eigen::MatrixXd const& features, Eigen::VectorXd const& values,
                               std::vector<ColumnList> const& inputs, ShuffleOptions const& options) {
  require(features.rows() == values.size(), "found ", features.rows(), " points with ", values.size(),
          " values (as many expected)");
  require(options.shuffles >= 1, "invalid shuffles=", options.shuffles, " (at least 1)");
  double const base = (means(features) - values).squaredNorm();
  Eigen::VectorXd rises = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(inputs.size()));
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    double sum = 0.0;
    for (int s = 0; s < options.shuffles; ++s) {
      Rng rng(options.seed, "importance", options.stream * 1000 + static_cast<std::uint64_t>(s));
      auto const order = shuffled_order(features.rows(), rng);
      Eigen::MatrixXd changed = features;
      for (auto const column : inputs[input]) changed.col(column) = features.col(column)(order);
      sum += (means(changed) - values).squaredNorm() - base;
    }
    rises[static_cast<Eigen::Index>(input)] = sum / options.shuffles;
  }
  return rises;
}

Importance importance_of(Eigen::VectorXd const& rises, double rmse, double rows) {
  auto const sets = static_cast<double>(rises.size());
  double const shuffled = std::sqrt(std::max(rmse * rmse + rises.sum() / rows, 0.0));
  double const squares = (rises.array() - rises.mean()).square().sum();
  double const deviation = std::sqrt(sets / std::max(sets - 1.0, 1.0) * squares) / rows;
  double const slope = std::max(shuffled + rmse, 1e-300);  // d(rmse^2) = 2 rmse d(rmse)
  return {shuffled - rmse, deviation / slope};
}

}  // namespace nacre
