#include "nacre/score/table_study.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/numerics/permutation_importance.hpp"
#include "nacre/numerics/rank_statistics.hpp"

namespace nacre {
namespace {

constexpr std::array kinds{TableModelKind::mean, TableModelKind::ridge, TableModelKind::gaussian_process,
                           TableModelKind::boosted_trees};

bool is_learned(TableModelKind kind) {
  return kind == TableModelKind::gaussian_process || kind == TableModelKind::boosted_trees;
}

/// What one model said of the rows that it had not seen.
struct Answer {
  Eigen::VectorXd means, spreads;
  Eigen::VectorXd rises;  ///< of the sum of squared errors, by input shuffled
};
using Answers = std::array<Answer, kinds.size()>;  ///< of one set

Answer answer(TableModelKind kind, TableData const& data, TableFold const& fold, StudyOptions const& options) {
  auto const model =
      TableModel::fit(kind, data.features(fold.train, Eigen::all), data.values(fold.train), options.seed, data.inputs);
  Eigen::MatrixXd const features = data.features(fold.test, Eigen::all);
  Answer result{model.means(features), model.spreads(features), {}};
  if (!is_learned(kind) || options.shuffles == 0) return result;
  std::vector<ColumnList> inputs;
  for (auto const& input : data.inputs) inputs.push_back(input.columns);
  result.rises =
      shuffled_rises([&](auto const& changed) { return model.means(changed); }, features, data.values(fold.test),
                     inputs, {options.shuffles, options.seed, static_cast<std::uint64_t>(fold.test.front())});
  return result;
}

/// The ⌈(n + 1) band⌉-th smallest (the largest if there are too few).
double conformal_quantile(std::vector<double> ratios, double band) {
  std::sort(ratios.begin(), ratios.end());
  auto const rank = static_cast<std::size_t>(std::ceil((static_cast<double>(ratios.size()) + 1.0) * band));
  return ratios[std::min(std::max<std::size_t>(rank, 1), ratios.size()) - 1];
}

/// Predictions of one kind of model for all rows held out.
struct HeldOut {
  Eigen::VectorXd means, half_widths;
  std::vector<Eigen::Index> rows;  ///< in the order of the sets
  double scale = 1.0;
};

HeldOut hold_out(TableData const& data, std::vector<TableFold> const& folds, std::vector<Answers> const& answers,
                 std::size_t kind, double band) {
  HeldOut all{Eigen::VectorXd::Zero(data.values.size()), Eigen::VectorXd::Zero(data.values.size()), {}, 1.0};
  Eigen::VectorXd ratios = Eigen::VectorXd::Zero(data.values.size());
  for (std::size_t f = 0; f < folds.size(); ++f) {
    auto const& a = answers[f][kind];
    auto const& test = folds[f].test;
    all.rows.insert(all.rows.end(), test.begin(), test.end());
    all.means(test) = a.means;
    all.half_widths(test) = a.spreads;
    ratios(test) = ((data.values(test) - a.means).array().abs() / a.spreads.array()).matrix();
  }
  for (auto const& fold : folds) {
    std::vector<double> others;
    for (auto const row : all.rows)
      if (!std::binary_search(fold.test.begin(), fold.test.end(), row)) others.push_back(ratios[row]);
    all.half_widths(fold.test) *= conformal_quantile(others, band);
  }
  std::vector<double> every;
  for (auto const row : all.rows) every.push_back(ratios[row]);
  all.scale = conformal_quantile(every, band);
  return all;
}

void classify(StudyScore& score, Eigen::VectorXd const& values, Eigen::VectorXd const& means,
              Eigen::VectorXd const& half_widths, StudyOptions const& options) {
  std::vector<bool> favourable;
  Eigen::VectorXd probability(values.size());
  double brier = 0.0;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    favourable.push_back(values[i] < *options.favourable_below);
    probability[i] =
        probability_below(*options.favourable_below, means[i], half_widths[i] * error_of_half_width(options.band));
    double const error = probability[i] - (favourable.back() ? 1.0 : 0.0);
    brier += error * error;
  }
  score.auc = area_under_curve(probability, favourable);
  score.brier = brier / static_cast<double>(values.size());
}

StudyScore score_of(TableModelKind kind, TableData const& data, HeldOut const& all, StudyOptions const& options) {
  Eigen::VectorXd const values = data.values(all.rows), means = all.means(all.rows), half = all.half_widths(all.rows);
  Eigen::ArrayXd const errors = (values - means).array();
  StudyScore score;
  score.kind = kind;
  score.rmse = std::sqrt(errors.square().mean());
  score.mae = errors.abs().mean();
  double const variance = (values.array() - values.mean()).square().mean();
  score.r2 = variance > 0.0 ? 1.0 - errors.square().mean() / variance : 0.0;
  score.coverage = (errors.abs() <= half.array()).cast<double>().mean();
  score.half_width = half.mean();
  score.scale = all.scale;
  if (options.favourable_below) classify(score, values, means, half, options);
  return score;
}

std::vector<InputImportance> importances(TableData const& data, std::vector<Answers> const& answers, std::size_t kind,
                                         double rmse, double rows) {
  std::vector<InputImportance> result;
  for (std::size_t input = 0; input < data.inputs.size(); ++input) {
    Eigen::VectorXd rises(static_cast<Eigen::Index>(answers.size()));
    for (std::size_t f = 0; f < answers.size(); ++f)
      rises[static_cast<Eigen::Index>(f)] = answers[f][kind].rises[static_cast<Eigen::Index>(input)];
    auto const importance = importance_of(rises, rmse, rows);
    result.push_back({data.inputs[input].name, importance.increase, importance.standard_error});
  }
  return result;
}

void check(TableData const& data, std::vector<TableFold> const& folds, StudyOptions const& options) {
  require(data.features.rows() == data.values.size(), "found ", data.features.rows(), " rows of inputs with ",
          data.values.size(), " values (as many expected)");
  require(folds.size() >= 2, "found ", folds.size(), " sets to hold out (at least 2 expected); use more --folds");
  require(options.band > 0.0 && options.band < 1.0, "invalid band=", options.band, " (between 0 and 1)");
  require(options.shuffles >= 0 && options.shuffles <= 1000, "invalid shuffles=", options.shuffles, " (0 to 1000)");
}

}  // namespace

double error_of_half_width(double band) {
  double low = 0.0, high = 40.0;  // z, by bisection of erfc(z / √2) = 1 - band
  for (int i = 0; i < 60; ++i) {
    double const middle = 0.5 * (low + high);
    (std::erfc(middle / std::sqrt(2.0)) > 1.0 - band ? low : high) = middle;
  }
  return 1.0 / high;
}

double probability_below(double limit, double mean, double error) {
  return 0.5 * std::erfc((mean - limit) / (error * std::sqrt(2.0)));
}

Study study_table(TableData const& data, std::vector<TableFold> const& folds, StudyOptions const& options) {
  check(data, folds, options);
  std::vector<Answers> answers(folds.size());
  parallel_for(folds.size() * kinds.size(), options.threads, [&](std::size_t task) {
    auto const fold = task / kinds.size(), kind = task % kinds.size();
    answers[fold][kind] = answer(kinds[kind], data, folds[fold], options);
  });
  Study study;
  study.sets = folds.size();
  for (auto const& fold : folds)
    study.mean_training_rows += static_cast<double>(fold.train.size()) / static_cast<double>(folds.size());
  std::vector<HeldOut> held_out;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    held_out.push_back(hold_out(data, folds, answers, k, options.band));
    study.scores.push_back(score_of(kinds[k], data, held_out.back(), options));
  }
  if (study.of(TableModelKind::boosted_trees).rmse < study.of(TableModelKind::gaussian_process).rmse)
    study.chosen = TableModelKind::boosted_trees;
  auto const chosen = static_cast<std::size_t>(study.chosen);
  study.held_out_means = held_out[chosen].means;
  study.held_out_errors = held_out[chosen].half_widths * error_of_half_width(options.band);
  if (options.shuffles > 0)
    study.importance = importances(data, answers, chosen, study.of(study.chosen).rmse,
                                   static_cast<double>(held_out[chosen].rows.size()));
  return study;
}

}  // namespace nacre
