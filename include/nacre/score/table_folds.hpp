/// How the rows of a table are held out in turn.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct TableFold {
  std::vector<Eigen::Index> train, test;  ///< increasing
};

/// No label of a row held out stands in any row that is trained on, whichever of its columns it stands in. The labels
/// are shared out over `folds` parts of about equally many rows; rows whose labels lie in the same parts are held out
/// together, and what has a label in one of these parts is left out of the training. So every row is held out once:
/// with one label per row this is the usual grouped cross-validation, with two there are up to folds (folds + 1) / 2
/// sets, each trained on about (1 - 2 / folds)^2 of the rows.
/// @param labels of each row, at least one
/// @throws InputError if there are fewer than two labels, or a set would be trained on fewer than `least_training` rows
NACRE_API std::vector<TableFold> grouped_folds(std::vector<std::vector<std::string>> const& labels, int folds,
                                               std::uint64_t seed, int least_training = 8);

/// Rows by chance: what leaks where rows are related.
NACRE_API std::vector<TableFold> random_folds(Eigen::Index rows, int folds, std::uint64_t seed);

}  // namespace nacre
