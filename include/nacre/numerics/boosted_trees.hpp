/// Regression by gradient-boosted trees: many small trees, each fitted to what the ones before left over
/// (J. H. Friedman, Ann. Stat. 29, 1189 (2001), doi:10.1214/aos/1013203451; squared loss, random subsets of points).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
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
  /// One ROW of `inputs` per point. Thresholds lie midway between values of a column, in at most 255 places with about
  /// as many points between them. Equal gains go to the lowest column, then the lowest threshold, so the same data give
  /// the same trees; they do not depend on monotonic transformations of a column but for where between two values the
  /// threshold lies.
  /// @throws InputError if sizes differ, for no points, numbers that are not finite, or options out of range
  static BoostedTrees fit(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                          BoostedTreesOptions const& options = {});

  double predict(Eigen::VectorXd const& input) const;
  Eigen::VectorXd predict(Eigen::MatrixXd const& inputs) const;  ///< the same bits as one by one

  /// Equal models give equal bytes.
  std::string save() const;
  /// @throws Error if the bytes are damaged
  static BoostedTrees load(std::string const& bytes);

 private:
  struct Node {
    int column = -1;         ///< -1: a leaf
    int child[2] = {0, 0};   ///< input <= threshold: the first
    double threshold = 0.0;  ///< of a leaf: its value times the learning rate
  };
  using Tree = std::vector<Node>;
  class Builder;
  static double value_of(Tree const& tree, double const* input, Eigen::Index stride);

  double base_ = 0.0;
  Eigen::Index columns_ = 0;
  std::vector<Tree> trees_;
};

/// Root mean square error of trees on quarters held out in turn; of fewer than 16 points the deviation of the values.
NACRE_API double held_out_error(Eigen::MatrixXd const& inputs, Eigen::VectorXd const& values,
                                BoostedTreesOptions const& options = {});

}  // namespace nacre
