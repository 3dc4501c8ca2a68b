#include "nacre/numerics/boosted_trees.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

void check(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values, BoostedTreesOptions const& options) {
  require(inputs.rows() == values.size() && values.size() > 0, "found ", inputs.rows(), " points with ", values.size(),
          " values (as many expected, and some)");
  require(inputs.allFinite() && values.allFinite(), "a number that is not finite among ", values.size(),
          " points (missing inputs must be filled in or left out)");
  require(options.trees >= 1 && options.trees <= 100000, "invalid trees=", options.trees, " (1 to 100000)");
  require(options.depth >= 1 && options.depth <= 20, "invalid depth=", options.depth, " (1 to 20)");
  require(options.learning_rate > 0.0 && options.learning_rate <= 1.0, "invalid learning_rate=", options.learning_rate,
          " (above 0, at most 1)");
  require(options.least_in_leaf >= 1, "invalid least_in_leaf=", options.least_in_leaf, " (must be positive)");
  require(options.sampled > 0.0 && options.sampled <= 1.0, "invalid sampled=", options.sampled,
          " (above 0, at most 1)");
}

/// The first `count` of a random order.
std::vector<int> random_subset(int size, int count, Rng& rng) {
  std::vector<int> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  for (int i = 0; i < count; ++i)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(i) + rng.below(static_cast<std::uint64_t>(size - i))]);
  order.resize(static_cast<std::size_t>(count));
  return order;
}

struct Split {
  int column = -1;
  double threshold = 0.0, gain = 0.0;
};

double root_mean_square(Eigen::VectorXd const& v) { return std::sqrt(v.squaredNorm() / static_cast<double>(v.size())); }

}  // namespace

/// Grows one tree on the residuals of some points.
class BoostedTrees::Builder {
 public:
  Builder(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& residuals, BoostedTreesOptions const& options)
      : inputs_(inputs), residuals_(residuals), options_(options) {}

  Tree grow(std::vector<int> points) {
    add(std::move(points), 0);
    return std::move(tree_);
  }

 private:
  int add(std::vector<int> points, int depth) {
    auto const index = tree_.size();
    tree_.emplace_back();
    double sum = 0.0;
    for (int const p : points) sum += residuals_[p];
    tree_[index].value = options_.learning_rate * sum / static_cast<double>(points.size());
    auto const split = depth < options_.depth ? best_split(points, sum) : Split{};
    if (split.column < 0) return static_cast<int>(index);
    auto const middle = std::stable_partition(points.begin(), points.end(),
                                              [&](int p) { return inputs_(p, split.column) <= split.threshold; });
    int const left = add({points.begin(), middle}, depth + 1), right = add({middle, points.end()}, depth + 1);
    tree_[index] = {split.column, split.threshold, left, right, 0.0};
    return static_cast<int>(index);
  }

  /// The split that lowers the sum of squares most; none if no split leaves enough points on both sides.
  Split best_split(std::vector<int> const& points, double sum) const {
    Split best;
    auto const n = static_cast<int>(points.size());
    if (n < 2 * options_.least_in_leaf) return best;
    double const whole = sum * sum / n, least_gain = 1e-12 * (residuals_.squaredNorm() + 1e-300);
    auto order = points;
    for (int column = 0; column < inputs_.cols(); ++column) {
      std::sort(order.begin(), order.end(), [&](int a, int b) {
        return inputs_(a, column) != inputs_(b, column) ? inputs_(a, column) < inputs_(b, column) : a < b;
      });
      double left = 0.0;
      for (int k = 1; k < n; ++k) {
        int const before = order[static_cast<std::size_t>(k) - 1], behind = order[static_cast<std::size_t>(k)];
        left += residuals_[before];
        if (k < options_.least_in_leaf || n - k < options_.least_in_leaf) continue;
        if (inputs_(before, column) == inputs_(behind, column)) continue;
        double const gain = left * left / k + (sum - left) * (sum - left) / (n - k) - whole;
        if (gain <= best.gain || gain <= least_gain) continue;
        double const between = 0.5 * (inputs_(before, column) + inputs_(behind, column));
        best = {column, between < inputs_(behind, column) ? between : inputs_(before, column), gain};
      }
    }
    return best;
  }

  Eigen::MatrixXd const& inputs_;
  Eigen::VectorXd const& residuals_;
  BoostedTreesOptions const& options_;
  Tree tree_;
};

BoostedTrees BoostedTrees::fit(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                               BoostedTreesOptions const& options) {
  check(inputs, values, options);
  BoostedTrees model;
  model.columns_ = inputs.cols();
  model.base_ = values.mean();
  Eigen::VectorXd residuals = values.array() - model.base_;
  auto const n = static_cast<int>(values.size());
  int const sampled = std::max(1, static_cast<int>(std::lround(options.sampled * n)));
  for (int t = 0; t < options.trees; ++t) {
    Rng rng(options.seed, "boosted_trees", static_cast<std::uint64_t>(t));
    auto points = random_subset(n, sampled, rng);
    std::sort(points.begin(), points.end());
    model.trees_.push_back(Builder(inputs, residuals, options).grow(std::move(points)));
    BoostedTrees last;  // the new tree alone
    last.columns_ = model.columns_;
    last.trees_.push_back(model.trees_.back());
    residuals -= last.predict(inputs);
  }
  return model;
}

double BoostedTrees::predict(Eigen::VectorXd const& input) const {
  require(input.size() == columns_, "found ", input.size(), " inputs (the trees were fitted to ", columns_, ")");
  double sum = base_;
  for (auto const& tree : trees_) {
    Node const* node = &tree.front();
    while (node->column >= 0)
      node = &tree[static_cast<std::size_t>(input[node->column] <= node->threshold ? node->left : node->right)];
    sum += node->value;
  }
  return sum;
}

Eigen::VectorXd BoostedTrees::predict(Eigen::MatrixXd const& inputs) const {
  Eigen::VectorXd result(inputs.rows());
  for (Eigen::Index i = 0; i < inputs.rows(); ++i) result[i] = predict(Eigen::VectorXd(inputs.row(i)));
  return result;
}

std::vector<Importance> permutation_importance(BoostedTrees const& model, Eigen::MatrixXd const& inputs,
                                               Eigen::VectorXd const& values, int shuffles, std::uint64_t seed) {
  require(shuffles >= 2, "invalid shuffles=", shuffles, " (at least 2, for an error)");
  auto const n = static_cast<int>(values.size());
  double const error = root_mean_square(model.predict(inputs) - values);
  std::vector<Importance> result;
  for (Eigen::Index column = 0; column < inputs.cols(); ++column) {
    Eigen::VectorXd increases(shuffles);
    for (int s = 0; s < shuffles; ++s) {
      Rng rng(seed, "importance", static_cast<std::uint64_t>(column * shuffles + s));
      auto const order = random_subset(n, n, rng);
      Eigen::MatrixXd shuffled = inputs;
      for (int i = 0; i < n; ++i) shuffled(i, column) = inputs(order[static_cast<std::size_t>(i)], column);
      increases[s] = root_mean_square(model.predict(shuffled) - values) - error;
    }
    double const mean = increases.mean();
    double const variance = (increases.array() - mean).square().sum() / (shuffles - 1.0);
    result.push_back({mean, std::sqrt(variance / shuffles)});
  }
  return result;
}

}  // namespace nacre
