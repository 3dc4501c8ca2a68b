#include "nacre/score/table_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/numerics/boosted_trees.hpp"
#include "nacre/numerics/gaussian_process.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {
namespace {

/// Numbers for all: standardised, the gaps filled and flagged.
class Filler {
 public:
  explicit Filler(Eigen::MatrixXd const& features) {
    for (Eigen::Index j = 0; j < features.cols(); ++j) {
      learn_column(j, features.col(j));
      learn_flag(j, features.col(j));
    }
  }

  Eigen::MatrixXd fill(Eigen::MatrixXd const& features) const {
    Eigen::MatrixXd filled(features.rows(), static_cast<Eigen::Index>(columns_.size()));
    for (std::size_t c = 0; c < columns_.size(); ++c)
      for (Eigen::Index i = 0; i < features.rows(); ++i)
        filled(i, static_cast<Eigen::Index>(c)) = columns_[c].value(features(i, columns_[c].source));
    return filled;
  }

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

  void learn_column(Eigen::Index source, Eigen::VectorXd const& x) {
    double sum = 0.0, squares = 0.0, count = 0.0;
    for (double const v : x) {
      if (std::isnan(v)) continue;
      sum += v;
      count += 1.0;
    }
    if (count < 2.0) return;
    double const mean = sum / count;
    for (double const v : x) squares += std::isnan(v) ? 0.0 : (v - mean) * (v - mean);
    double const scale = std::sqrt(squares / count);
    if (scale > 1e-12 * std::abs(mean)) columns_.push_back({source, false, mean, scale});
  }
  void learn_flag(Eigen::Index source, Eigen::VectorXd const& x) {
    double const share = static_cast<double>(x.array().isNaN().count()) / static_cast<double>(x.size());
    if (share > 0.0 && share < 1.0) columns_.push_back({source, true, share, std::sqrt(share * (1.0 - share))});
  }

  std::vector<Column> columns_;
};

/// Least squares with a penalty λ n |b|² on standardised columns; λ by leave-one-out errors, which are
/// r_i / (1 - h_i) with the leverages h (D. M. Allen, Technometrics 16, 125 (1974)).
class Ridge {
 public:
  Ridge(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values)
      : mean_(values.mean()), coefficients_(Eigen::VectorXd::Zero(inputs.cols())) {
    auto const n = static_cast<double>(values.size());
    Eigen::VectorXd const centred = values.array() - mean_;
    spread_ = std::sqrt(std::max(centred.squaredNorm() / n, 0.0));
    if (inputs.cols() == 0) return;
    auto const eigen = symmetric_eigen(inputs.transpose() * inputs / n);
    Eigen::MatrixXd const rotated = inputs * eigen.vectors;
    Eigen::VectorXd const right = rotated.transpose() * centred / n;
    double best = std::numeric_limits<double>::infinity();
    for (int power = -10; power <= 6; ++power) {
      Eigen::VectorXd const shrink = (eigen.values.array().max(0.0) + std::pow(10.0, 0.5 * power)).inverse();
      Eigen::VectorXd const residual = centred - rotated * shrink.cwiseProduct(right);
      Eigen::ArrayXd const leverage = 1.0 / n + (rotated.array().square().matrix() * shrink).array() / n;
      double const error = (residual.array() / (1.0 - leverage).max(1e-6)).square().mean();
      if (!(error < best)) continue;
      best = error;
      coefficients_ = eigen.vectors * shrink.cwiseProduct(right);
      spread_ = std::sqrt(error);
    }
  }
  Eigen::VectorXd means(Eigen::MatrixXd const& inputs) const { return (inputs * coefficients_).array() + mean_; }
  double spread() const { return spread_; }

 private:
  double mean_;
  Eigen::VectorXd coefficients_;
  double spread_ = 0.0;
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
  std::optional<GaussianProcess> process;
  std::optional<BoostedTrees> trees;
};

TableModel TableModel::fit(TableModelKind kind, Eigen::MatrixXd const& features, Eigen::VectorXd const& values,
                           std::uint64_t seed) {
  require(features.rows() == values.size() && values.size() >= 2, "found ", features.rows(), " rows of inputs with ",
          values.size(), " values (as many expected, at least 2)");
  require(values.allFinite() && !features.array().isInf().any(), "a value that is not finite among ", values.size(),
          " rows (missing inputs are NaN, rows without the target must be left out)");
  double const mean = values.mean();
  double const deviation = std::sqrt((values.array() - mean).square().mean());
  State state{Filler(features), mean, deviation, {}, {}, {}};
  auto const inputs = state.filler.fill(features);
  bool const constant = inputs.cols() == 0 || !(deviation > 0.0);
  if (kind == TableModelKind::ridge) state.ridge.emplace(inputs, values);
  if (kind == TableModelKind::gaussian_process && !constant)
    state.process = GaussianProcess::fit({inputs, values, Eigen::VectorXd::Zero(values.size())}, {.seed = seed});
  if (kind == TableModelKind::boosted_trees && !constant)
    state.trees = BoostedTrees::fit(inputs, values, {.seed = seed});
  TableModel model;
  model.state_ = std::make_shared<State const>(std::move(state));
  return model;
}

Eigen::VectorXd TableModel::means(Eigen::MatrixXd const& features) const {
  auto const inputs = state_->filler.fill(features);
  if (state_->ridge) return state_->ridge->means(inputs);
  if (state_->process) return state_->process->means(ProcessQuery{inputs});
  if (state_->trees) return state_->trees->predict(inputs);
  return Eigen::VectorXd::Constant(features.rows(), state_->mean);
}

Eigen::VectorXd TableModel::spreads(Eigen::MatrixXd const& features) const {
  double const constant = state_->ridge ? state_->ridge->spread() : state_->deviation;
  Eigen::VectorXd result = Eigen::VectorXd::Constant(features.rows(), constant);
  if (state_->process) {
    auto const posterior = state_->process->predict(ProcessQuery{state_->filler.fill(features)});
    for (Eigen::Index i = 0; i < result.size(); ++i)
      result[i] = std::sqrt(posterior[static_cast<std::size_t>(i)].variance + state_->process->noise_variance());
  }
  return result.array().max(1e-12 * (std::abs(state_->mean) + 1.0));
}

}  // namespace nacre
