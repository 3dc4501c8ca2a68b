#include "nacre/score/table_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/numerics/boosted_trees.hpp"
#include "nacre/numerics/gaussian_process.hpp"
#include "nacre/numerics/ridge.hpp"
#include "target_transform.hpp"

namespace nacre {
namespace {

/// Numbers for all: standardised, the gaps filled and flagged. The columns of one input are scaled so that together
/// they weigh as much as one.
class Filler {
 public:
  Filler(Eigen::MatrixXd const& features, std::vector<TableInput> const& inputs) {
    std::vector<int> input_of(static_cast<std::size_t>(features.cols()));
    std::iota(input_of.begin(), input_of.end(), static_cast<int>(inputs.size()));  // each a group of its own
    for (std::size_t i = 0; i < inputs.size(); ++i)
      for (auto const column : inputs[i].columns) input_of[static_cast<std::size_t>(column)] = static_cast<int>(i);
    for (Eigen::Index j = 0; j < features.cols(); ++j) {
      learn_column(j, features.col(j));
      learn_flag(j, features.col(j));
    }
    std::map<int, int> number, count;  // of the inputs that vary
    for (auto const& column : columns_) {
      int const input = input_of[static_cast<std::size_t>(column.source)];
      groups_.push_back(number.try_emplace(input, static_cast<int>(number.size())).first->second);
      ++count[groups_.back()];
    }
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].scale *= std::sqrt(count[groups_[c]]);
  }

  Eigen::MatrixXd fill(Eigen::MatrixXd const& features) const {
    Eigen::MatrixXd filled(features.rows(), static_cast<Eigen::Index>(columns_.size()));
    for (std::size_t c = 0; c < columns_.size(); ++c)
      for (Eigen::Index i = 0; i < features.rows(); ++i)
        filled(i, static_cast<Eigen::Index>(c)) = columns_[c].value(features(i, columns_[c].source));
    return filled;
  }
  /// Of the filled columns: 0, 1, ... by input.
  std::vector<int> const& groups() const { return groups_; }

 private:
  struct Column {
    Eigen::Index source;
    bool flag;
    double mean, scale;
    double value(double x) const {
      if (flag) return ((std::isnan(x) ? 1.0 : 0.0) - mean) / scale;
      return std::isnan(x) ? 0.0 : (x - mean) / scale;  // 0: the mean of the training
    }
  };

  // In units of the largest value, so that no square is infinite.
  void learn_column(Eigen::Index source, Eigen::VectorXd const& x) {
    double largest = 0.0, sum = 0.0, squares = 0.0, count = 0.0;
    for (double const v : x) largest = std::isnan(v) ? largest : std::max(largest, std::abs(v));
    if (!(largest > 0.0)) return;
    for (double const v : x) {
      if (std::isnan(v)) continue;
      sum += v / largest;
      count += 1.0;
    }
    if (count < 2.0) return;
    double const mean = sum / count;
    for (double const v : x) squares += std::isnan(v) ? 0.0 : (v / largest - mean) * (v / largest - mean);
    double const scale = std::sqrt(squares / count);
    if (scale > 1e-12 * std::abs(mean)) columns_.push_back({source, false, mean * largest, scale * largest});
  }
  void learn_flag(Eigen::Index source, Eigen::VectorXd const& x) {
    double const share = static_cast<double>(x.array().isNaN().count()) / static_cast<double>(x.size());
    if (share > 0.0 && share < 1.0) columns_.push_back({source, true, share, std::sqrt(share * (1.0 - share))});
  }

  std::vector<Column> columns_;
  std::vector<int> groups_;
};

}  // namespace

std::string_view name_of(TableModelKind kind) {
  static constexpr std::array<std::string_view, 4> names{"mean", "ridge", "gaussian_process", "boosted_trees"};
  return names[static_cast<std::size_t>(kind)];
}

struct TableModel::State {
  Filler filler;
  double mean, deviation;
  std::optional<Ridge> ridge;
  detail::TargetTransform transform;
  std::optional<GaussianProcess> process;
  std::optional<BoostedTrees> trees;
  double tree_deviation = 0.0;  ///< of transformed values held out

  /// Of one value for each row, transformed.
  std::vector<detail::Moments> transformed(Eigen::MatrixXd const& inputs) const;
};

namespace {

/// Columns of one input share a length: together they weigh as much as one column.
GaussianProcess fit_process(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                            std::vector<int> const& groups, std::uint64_t seed) {
  ProcessData data{inputs, values, Eigen::VectorXd::Zero(values.size())};
  data.form.groups = groups;
  return GaussianProcess::fit(data, {.seed = seed, .starts = 1, .evaluations = 40, .standardise_inputs = false});
}

}  // namespace

TableModel TableModel::fit(TableModelKind kind, Eigen::MatrixXd const& features, Eigen::VectorXd const& values,
                           std::uint64_t seed, std::vector<TableInput> const& inputs) {
  require(features.rows() == values.size() && values.size() >= 2, "found ", features.rows(), " rows of inputs with ",
          values.size(), " values (as many expected, at least 2)");
  require(values.allFinite() && !features.array().isInf().any(), "a value that is not finite among ", values.size(),
          " rows (missing inputs are NaN, rows without the target must be left out)");
  double const mean = values.mean();
  double const deviation = std::sqrt((values.array() - mean).square().mean());
  State state{Filler(features, inputs), mean, deviation, {}, {}, {}, {}};
  auto const filled = state.filler.fill(features);
  bool const constant = filled.cols() == 0 || !(deviation > 1e-12 * std::abs(mean));
  if (kind == TableModelKind::ridge) state.ridge.emplace(filled, values);
  bool const learned = kind == TableModelKind::gaussian_process || kind == TableModelKind::boosted_trees;
  if (learned && !constant) {
    state.transform = detail::TargetTransform::choose(filled, values);
    auto const target = state.transform.forward(values);
    if (kind == TableModelKind::gaussian_process) {
      state.process = fit_process(filled, target, state.filler.groups(), seed);
    } else {
      state.trees = BoostedTrees::fit(filled, target, {.seed = seed});
      // related rows may stand on both sides: the study scales it
      state.tree_deviation = held_out_error(filled, target, {.seed = seed});
    }
  }
  TableModel model;
  model.state_ = std::make_shared<State const>(std::move(state));
  return model;
}

std::vector<detail::Moments> TableModel::State::transformed(Eigen::MatrixXd const& inputs) const {
  std::vector<detail::Moments> result(static_cast<std::size_t>(inputs.rows()));
  if (process) {
    auto const posterior = process->predict(ProcessQuery{inputs});
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = {posterior[i].mean, std::sqrt(posterior[i].variance + process->noise_variance())};
  } else {
    auto const means = trees->predict(inputs);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = {means[static_cast<Eigen::Index>(i)], tree_deviation};
  }
  return result;
}

Eigen::VectorXd TableModel::means(Eigen::MatrixXd const& features) const {
  auto const inputs = state_->filler.fill(features);
  if (state_->ridge) return state_->ridge->means(inputs);
  Eigen::VectorXd result = Eigen::VectorXd::Constant(features.rows(), state_->mean);
  if (!state_->process && !state_->trees) return result;
  auto const transformed = state_->transformed(inputs);
  for (Eigen::Index i = 0; i < result.size(); ++i)
    result[i] = state_->transform.back(transformed[static_cast<std::size_t>(i)]).mean;
  return result;
}

Eigen::VectorXd TableModel::spreads(Eigen::MatrixXd const& features) const {
  double const constant = state_->ridge ? state_->ridge->spread() : state_->deviation;
  Eigen::VectorXd result = Eigen::VectorXd::Constant(features.rows(), constant);
  if (state_->process || state_->trees) {
    auto const transformed = state_->transformed(state_->filler.fill(features));
    for (Eigen::Index i = 0; i < result.size(); ++i)
      result[i] = state_->transform.back(transformed[static_cast<std::size_t>(i)]).deviation;
  }
  return result.array().max(1e-12 * (std::abs(state_->mean) + 1.0));
}

}  // namespace nacre
