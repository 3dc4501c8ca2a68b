/// How much worse a model's predictions get when the rows of some inputs are shuffled (L. Breiman, Machine Learning 45,
/// 5 (2001), doi:10.1023/A:1010933404324), for any model, on points that it has not seen.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

using ColumnList = std::vector<Eigen::Index>;

struct ShuffleOptions {
  int shuffles = 5;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  ///< of the random orders: another number for other points
};

/// Mean rise of the SUM of squared errors for each input, whose columns are shuffled together.
/// @throws InputError if sizes differ or shuffles < 1
NACRE_API Eigen::VectorXd shuffled_rises(std::function<Eigen::VectorXd(Eigen::MatrixXd const&)> const& means,
                                         Eigen::MatrixXd const& features, Eigen::VectorXd const& values,
                                         std::vector<ColumnList> const& inputs, ShuffleOptions const& options = {});

/// Root mean square error of sets held out in turn, as it rises by shuffling one input within each of them.
struct Importance {
  double increase = 0.0;
  double standard_error = 0.0;  ///< from leaving out one set at a time
};
/// @param rises of one input, by set @param rmse of all `rows` held out
NACRE_API Importance importance_of(Eigen::VectorXd const& rises, double rmse, double rows);

}  // namespace nacre
