/// Regression by gradient-boosted trees: many small trees, each fitted to what the ones before left over
/// (J. H. Friedman, Ann. Stat. 29, 1189 (2001), doi:10.1214/aos/1013203451; squared loss, random subsets of points).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct BoostedTreesOptions {
  int trees = 300;
  int depth = 4;  ///< splits between root and leaf
  double learning_rate = 0.05;
  int least_in_leaf = 4;  ///< points of a leaf
  double sampled = 0.7;   ///< part of the points that each tree sees
  std::uint64_t seed = 0;
};

class NACRE_API BoostedTrees {
 public:
  /// One ROW of `inputs` per point. Equal gains go to the lowest column, then the lowest threshold, so the same data
  /// give the same trees; they do not depend on monotonic transformations of a column but for where between two values
  /// the threshold lies.
  /// @throws InputError if sizes differ, for no points, numbers that are not finite, or options out of range
  static BoostedTrees fit(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                          BoostedTreesOptions const& options = {});

  double predict(Eigen::VectorXd const& input) const;
  Eigen::VectorXd predict(Eigen::MatrixXd const& inputs) const;

 private:
  struct Node {
    int column = -1;         ///< -1: a leaf
    double threshold = 0.0;  ///< input <= threshold: to the left
    int left = 0, right = 0;
    double value = 0.0;  ///< of a leaf, times the learning rate
  };
  using Tree = std::vector<Node>;
  class Builder;

  double base_ = 0.0;
  Eigen::Index columns_ = 0;
  std::vector<Tree> trees_;
};

/// How much worse predictions get when one column is shuffled: the increase of the root mean square error, per column.
struct Importance {
  double increase = 0.0;        ///< mean over the shuffles
  double standard_error = 0.0;  ///< of that mean
};
/// On points that were held out. @param shuffles at least 2
NACRE_API std::vector<Importance> permutation_importance(BoostedTrees const& model, Eigen::MatrixXd const& inputs,
                                                         Eigen::VectorXd const& values, int shuffles = 10,
                                                         std::uint64_t seed = 0);

}  // namespace nacre
