/// How well a column of a table can be predicted from others, on rows held out; and a calibrated predictor.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/table_folds.hpp"
#include "nacre/score/table_model.hpp"

namespace nacre {

struct TableData {
  Eigen::MatrixXd features;  ///< one ROW per example; NaN: missing
  Eigen::VectorXd values;
  std::vector<TableInput> inputs;  ///< whose importance is wanted
};

struct StudyOptions {
  double band = 0.8;                       ///< part of the values that the error band should hold
  std::optional<double> favourable_below;  ///< a value below is favourable
  int shuffles = 5;                        ///< of each input, for its importance
  std::uint64_t seed = 0;
  int threads = 1;  ///< the result does not depend on them
};

struct StudyScore {
  TableModelKind kind = TableModelKind::mean;
  double rmse = 0.0, mae = 0.0;
  double r2 = 0.0;                   ///< 1 - squared error / variance of all values held out
  double coverage = 0.0;             ///< part of the values within the band
  double half_width = 0.0;           ///< of the band, mean
  std::optional<double> auc, brier;  ///< of the probability to be favourable
  double scale = 1.0;                ///< half width of the band / spread of the model, from all errors
};

/// Root mean square error that rises when the rows of an input are shuffled within each set held out.
struct InputImportance {
  std::string name;
  double increase = 0.0;
  double standard_error = 0.0;  ///< from leaving out one set at a time
};

struct Study {
  std::size_t sets = 0;  ///< held out in turn
  double mean_training_rows = 0.0;
  std::vector<StudyScore> scores;  ///< mean, ridge, gaussian_process, boosted_trees
  TableModelKind chosen =
      TableModelKind::gaussian_process;             ///< the smaller RMSE of the last two; trees only if smaller
  std::vector<InputImportance> importance;          ///< of the chosen model, in the order of the inputs
  Eigen::VectorXd held_out_means, held_out_errors;  ///< of the chosen model, by row

  StudyScore const& of(TableModelKind kind) const { return scores[static_cast<std::size_t>(kind)]; }
};

/// Fits every kind of model without each set and tests it on it.
///
/// Errors are calibrated by split conformal prediction with normalised residuals (H. Papadopoulos et al., Neural
/// Processing Lett. 27, 59 (2008); J. Lei et al., J. Am. Stat. Assoc. 113, 1094 (2018)): the band is mean ± q spread,
/// with q the ⌈(n + 1) band⌉-th smallest |residual| / spread of the rows of all OTHER sets, so that the coverage
/// reported is that of values which had no part in q.
/// @throws InputError if sizes differ or options are out of range
NACRE_API Study study_table(TableData const& data, std::vector<TableFold> const& folds,
                            StudyOptions const& options = {});

/// The factor from a band's half width to a standard error of a normal distribution: 1 / z.
NACRE_API double error_of_half_width(double band);
/// Probability that a value is below `limit`. @param error above 0
NACRE_API double probability_below(double limit, double mean, double error);

}  // namespace nacre
