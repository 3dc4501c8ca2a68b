/// Models of one column of a table by others, with missing inputs.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Columns of numbers that belong together: a category or a formula makes several.
struct TableInput {
  std::string name;
  std::vector<Eigen::Index> columns;
};

enum class TableModelKind { mean, ridge, gaussian_process, boosted_trees };
NACRE_API std::string_view name_of(TableModelKind kind);

/// A model as fitted. Missing inputs (NaN) take the mean that the column has in the training, and say so by a column of
/// their own that is 1 where the input is missing; columns that do not vary in the training are ignored.
///
/// The Gaussian process and the trees learn a transform of the values (identity, logarithm or arsinh, by the likelihood
/// of the training) and answer with the mean and the standard deviation of the value itself.
class NACRE_API TableModel {
 public:
  /// @param features one ROW per example
  /// @param inputs whose columns share one length of the Gaussian process; none: each column has its own
  /// @throws InputError if sizes differ, for fewer than two rows, infinite features and values that are not finite
  static TableModel fit(TableModelKind kind, Eigen::MatrixXd const& features, Eigen::VectorXd const& values,
                        std::uint64_t seed, std::vector<TableInput> const& inputs = {});

  Eigen::VectorXd means(Eigen::MatrixXd const& features) const;
  /// How errors are expected to vary from row to row, positive: the standard error (noise included) of the Gaussian
  /// process, that of held-out rows of the trees (one number, of the transformed values), one constant of the others.
  /// To be scaled by errors of rows held out.
  Eigen::VectorXd spreads(Eigen::MatrixXd const& features) const;

 private:
  struct State;
  std::shared_ptr<State const> state_;
};

}  // namespace nacre
