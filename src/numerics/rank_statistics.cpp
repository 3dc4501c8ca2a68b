#include "nacre/numerics/rank_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

/// Rows of each group, by the number of the group.
std::vector<std::vector<Eigen::Index>> rows_of_groups(std::vector<int> const& groups, Eigen::Index n) {
  std::vector<std::vector<Eigen::Index>> rows;
  for (Eigen::Index i = 0; i < n; ++i) {
    auto const group =
        groups.empty() ? static_cast<std::size_t>(i) : static_cast<std::size_t>(groups[static_cast<std::size_t>(i)]);
    if (group >= rows.size()) rows.resize(group + 1);
    rows[group].push_back(i);
  }
  std::erase_if(rows, [](auto const& group) { return group.empty(); });
  return rows;
}

/// Linear between the order statistics. @param sorted not empty
double quantile(std::vector<double> const& sorted, double probability) {
  double const place = probability * static_cast<double>(sorted.size() - 1);
  auto const below = static_cast<std::size_t>(place);
  auto const above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Eigen::VectorXd shared_ranks(Eigen::VectorXd const& values) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(),
            [&](Eigen::Index a, Eigen::Index b) { return values[a] != values[b] ? values[a] < values[b] : a < b; });
  Eigen::VectorXd ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    auto last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (auto k = first; k <= last; ++k) ranks[order[k]] = 0.5 * static_cast<double>(first + last) + 1.0;
    first = last + 1;
  }
  return ranks;
}

std::optional<double> spearman(Eigen::VectorXd const& x, Eigen::VectorXd const& y) {
  require(x.size() == y.size(), "found ", x.size(), " and ", y.size(), " values to correlate (as many expected)");
  if (x.size() < 3) return std::nullopt;
  double const middle = 0.5 * (static_cast<double>(x.size()) + 1.0);
  Eigen::ArrayXd const a = shared_ranks(x).array() - middle, b = shared_ranks(y).array() - middle;
  double const norm = a.square().sum() * b.square().sum();
  if (!(norm > 0.0)) return std::nullopt;
  return std::clamp((a * b).sum() / std::sqrt(norm), -1.0, 1.0);
}

std::optional<RankCorrelation> rank_correlation(Eigen::VectorXd const& x, Eigen::VectorXd const& y,
                                                BootstrapOptions const& options) {
  require(options.resamples >= 20, "invalid resamples=", options.resamples, " (at least 20)");
  require(options.level > 0.0 && options.level < 1.0, "invalid level=", options.level, " (between 0 and 1)");
  require(options.groups.empty() || static_cast<Eigen::Index>(options.groups.size()) == x.size(), "found ",
          options.groups.size(), " groups of ", x.size(), " pairs");
  auto const rho = spearman(x, y);
  if (!rho) return std::nullopt;
  auto const groups = rows_of_groups(options.groups, x.size());
  Rng rng(options.seed, "bootstrap", 0);
  std::vector<double> drawn;
  for (int r = 0; r < options.resamples; ++r) {
    std::vector<Eigen::Index> rows;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      auto const& group = groups[rng.below(groups.size())];
      rows.insert(rows.end(), group.begin(), group.end());
    }
    if (auto const value = spearman(x(rows), y(rows))) drawn.push_back(*value);
  }
  if (drawn.empty()) return RankCorrelation{*rho, -1.0, 1.0};
  std::sort(drawn.begin(), drawn.end());
  double const tail = 0.5 * (1.0 - options.level);
  return RankCorrelation{*rho, quantile(drawn, tail), quantile(drawn, 1.0 - tail)};
}

std::optional<double> area_under_curve(Eigen::VectorXd const& scores, std::vector<bool> const& positive) {
  require(scores.size() == static_cast<Eigen::Index>(positive.size()), "found ", scores.size(), " scores of ",
          positive.size(), " classes");
  auto const ranks = shared_ranks(scores);
  double count = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < positive.size(); ++i) {
    if (!positive[i]) continue;
    count += 1.0;
    sum += ranks[static_cast<Eigen::Index>(i)];
  }
  double const others = static_cast<double>(positive.size()) - count;
  if (count == 0.0 || others == 0.0) return std::nullopt;
  return (sum - 0.5 * count * (count + 1.0)) / (count * others);
}

}  // namespace nacre
