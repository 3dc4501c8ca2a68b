#include "nacre/numerics/boosted_trees.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/serialize.hpp"

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
  int column = -1, bin = 0;  ///< the last bin to the left
  double gain = 0.0;
};

constexpr int most_bins = 256;

/// Where a column may be split: bin b holds the values up to edges[b], and the last bin all others.
std::vector<double> edges_of(Eigen::VectorXd const& column) {
  std::vector<double> values(column.begin(), column.end());
  std::sort(values.begin(), values.end());
  std::vector<std::size_t> begins;  // of each value but the first
  for (std::size_t i = 1; i < values.size(); ++i)
    if (values[i] != values[i - 1]) begins.push_back(i);
  std::vector<double> edges;
  std::size_t next = 0;  // the number of points that the next edge should have below it
  bool const all = begins.size() < most_bins;
  for (auto const begin : begins) {
    if (!all && begin < next) continue;
    next = begin + (values.size() + most_bins - 2) / (most_bins - 1);
    double const before = values[begin - 1], behind = values[begin], between = 0.5 * before + 0.5 * behind;
    edges.push_back(between < behind ? between : before);
  }
  return edges;
}

}  // namespace

/// Grows trees on the residuals of some points, from sums over bins of the columns.
class BoostedTrees::Builder {
 public:
  Builder(Eigen::MatrixXd const& inputs, BoostedTreesOptions const& options)
      : options_(options),
        columns_(static_cast<std::size_t>(inputs.cols())),
        codes_(static_cast<std::size_t>(inputs.rows()) * columns_),
        sums_(columns_ * most_bins),
        counts_(columns_ * most_bins) {
    for (std::size_t c = 0; c < columns_; ++c) {
      auto const column = static_cast<Eigen::Index>(c);
      edges_.push_back(edges_of(inputs.col(column)));
      for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
        auto const bin = std::lower_bound(edges_[c].begin(), edges_[c].end(), inputs(i, column)) - edges_[c].begin();
        codes_[static_cast<std::size_t>(i) * columns_ + c] = static_cast<std::uint8_t>(bin);
      }
    }
  }

  Tree grow(std::vector<int> points, Eigen::VectorXd const& residuals) {
    tree_.clear();
    least_gain_ = 1e-12 * (residuals.squaredNorm() + 1e-300);
    add(std::move(points), residuals, 0);
    return tree_;
  }

 private:
  std::uint8_t const* codes(int point) const { return &codes_[static_cast<std::size_t>(point) * columns_]; }

  int add(std::vector<int> points, Eigen::VectorXd const& residuals, int depth) {
    auto const index = tree_.size();
    tree_.emplace_back();
    double sum = 0.0;
    for (int const p : points) sum += residuals[p];
    tree_[index].threshold = options_.learning_rate * sum / static_cast<double>(points.size());
    auto const split = depth < options_.depth ? best_split(points, residuals, sum) : Split{};
    if (split.column < 0) return static_cast<int>(index);
    auto const middle =
        std::stable_partition(points.begin(), points.end(), [&](int p) { return codes(p)[split.column] <= split.bin; });
    int const left = add({points.begin(), middle}, residuals, depth + 1);
    int const right = add({middle, points.end()}, residuals, depth + 1);
    auto const& edges = edges_[static_cast<std::size_t>(split.column)];
    tree_[index] = {split.column, {left, right}, edges[static_cast<std::size_t>(split.bin)]};
    return static_cast<int>(index);
  }

  /// The split that lowers the sum of squares most; none if no split leaves enough points on both sides.
  Split best_split(std::vector<int> const& points, Eigen::VectorXd const& residuals, double sum) {
    Split best;
    auto const n = static_cast<int>(points.size());
    if (n < 2 * options_.least_in_leaf) return best;
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill(counts_.begin(), counts_.end(), 0);
    for (int const p : points) {
      auto const* const bins = codes(p);
      for (std::size_t c = 0; c < columns_; ++c) {
        sums_[c * most_bins + bins[c]] += residuals[p];
        ++counts_[c * most_bins + bins[c]];
      }
    }
    double const whole = sum * sum / n;
    for (std::size_t c = 0; c < columns_; ++c) {
      double left = 0.0;
      int k = 0;
      for (std::size_t bin = 0; bin < edges_[c].size(); ++bin) {
        if (counts_[c * most_bins + bin] == 0) continue;
        left += sums_[c * most_bins + bin];
        k += counts_[c * most_bins + bin];
        if (k < options_.least_in_leaf || n - k < options_.least_in_leaf) continue;
        double const gain = left * left / k + (sum - left) * (sum - left) / (n - k) - whole;
        if (gain > best.gain && gain > least_gain_) best = {static_cast<int>(c), static_cast<int>(bin), gain};
      }
    }
    return best;
  }

  BoostedTreesOptions const& options_;
  std::size_t columns_;
  std::vector<std::vector<double>> edges_;
  std::vector<std::uint8_t> codes_;  ///< bins of all columns, point after point
  std::vector<double> sums_;
  std::vector<int> counts_;
  double least_gain_ = 0.0;
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
  Builder builder(inputs, options);
  for (int t = 0; t < options.trees; ++t) {
    Rng rng(options.seed, "boosted_trees", static_cast<std::uint64_t>(t));
    auto points = random_subset(n, sampled, rng);
    std::sort(points.begin(), points.end());
    model.trees_.push_back(builder.grow(std::move(points), residuals));
    auto const& tree = model.trees_.back();
    for (Eigen::Index i = 0; i < n; ++i) residuals[i] -= value_of(tree, inputs.data() + i, inputs.rows());
  }
  return model;
}

double BoostedTrees::value_of(Tree const& tree, double const* input, Eigen::Index stride) {
  Node const* node = tree.data();
  while (node->column >= 0)
    node = &tree[static_cast<std::size_t>(node->child[input[node->column * stride] > node->threshold])];
  return node->threshold;
}

double BoostedTrees::predict(Eigen::VectorXd const& input) const {
  require(input.size() == columns_, "found ", input.size(), " inputs (the trees were fitted to ", columns_, ")");
  double sum = base_;
  for (auto const& tree : trees_) sum += value_of(tree, input.data(), 1);
  return sum;
}

Eigen::VectorXd BoostedTrees::predict(Eigen::MatrixXd const& inputs) const {
  require(inputs.cols() == columns_, "found ", inputs.cols(), " inputs (the trees were fitted to ", columns_, ")");
  Eigen::VectorXd result = Eigen::VectorXd::Constant(inputs.rows(), base_);
  for (auto const& tree : trees_)
    for (Eigen::Index i = 0; i < inputs.rows(); ++i) result[i] += value_of(tree, inputs.data() + i, inputs.rows());
  return result;
}

namespace {

constexpr Envelope envelope{0x4e424f54, 1};  // "NBOT"

template <class Number>
void put(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<char const*>(&number), sizeof number);
}

class Reader {
 public:
  explicit Reader(std::string const& bytes) : bytes_(bytes) {}
  template <class Number>
  Number next() {
    if (bytes_.size() - place_ < sizeof(Number)) fail();
    Number number;
    std::memcpy(&number, bytes_.data() + place_, sizeof number);
    place_ += sizeof number;
    return number;
  }
  bool at_end() const { return place_ == bytes_.size(); }
  [[noreturn]] static void fail() { throw Error("unusable state of boosted trees (numbers that do not fit)"); }

 private:
  std::string const& bytes_;
  std::size_t place_ = 0;
};

}  // namespace

std::string BoostedTrees::save() const {
  std::string bytes;
  put(bytes, base_);
  put(bytes, static_cast<std::int64_t>(columns_));
  put(bytes, static_cast<std::int64_t>(trees_.size()));
  for (auto const& tree : trees_) {
    put(bytes, static_cast<std::int64_t>(tree.size()));
    for (auto const& node : tree) {
      for (int const number : {node.column, node.child[0], node.child[1]})
        put(bytes, static_cast<std::int32_t>(number));
      put(bytes, node.threshold);
    }
  }
  return seal(envelope, bytes);
}

// Children come behind their node, so that every walk ends.
BoostedTrees BoostedTrees::load(std::string const& sealed) {
  auto const bytes = open_envelope(envelope, sealed);
  Reader reader(bytes);
  BoostedTrees model;
  model.base_ = reader.next<double>();
  model.columns_ = reader.next<std::int64_t>();
  auto const trees = reader.next<std::int64_t>();
  for (std::int64_t t = 0; t < trees; ++t) {
    auto& tree = model.trees_.emplace_back();
    auto const nodes = reader.next<std::int64_t>();
    if (nodes < 1) Reader::fail();
    for (std::int64_t i = 0; i < nodes; ++i) {
      Node node;
      node.column = reader.next<std::int32_t>();
      for (auto& child : node.child) child = reader.next<std::int32_t>();
      node.threshold = reader.next<double>();
      bool const behind = std::min(node.child[0], node.child[1]) > i && std::max(node.child[0], node.child[1]) < nodes;
      if (node.column >= model.columns_ || (node.column >= 0 && !behind)) Reader::fail();
      tree.push_back(node);
    }
  }
  if (!reader.at_end()) Reader::fail();
  return model;
}

double held_out_error(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                      BoostedTreesOptions const& options) {
  constexpr Eigen::Index parts = 4;
  auto const n = values.size();
  check(inputs, values, options);
  if (n < 4 * parts) return std::sqrt((values.array() - values.mean()).square().mean());
  double squares = 0.0;
  for (Eigen::Index part = 0; part < parts; ++part) {
    std::vector<Eigen::Index> held_out, others;
    for (Eigen::Index i = 0; i < n; ++i) (i % parts == part ? held_out : others).push_back(i);
    auto const trees = BoostedTrees::fit(inputs(others, Eigen::all), values(others), options);
    Eigen::MatrixXd const unseen = inputs(held_out, Eigen::all);
    Eigen::VectorXd const truth = values(held_out);
    squares += (trees.predict(unseen) - truth).squaredNorm();
  }
  return std::sqrt(squares / static_cast<double>(n));
}

}  // namespace nacre
