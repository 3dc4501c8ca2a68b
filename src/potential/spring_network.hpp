/// A crude model of the stiffness of a crystal: springs between near atoms, weaker with distance.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre::detail {

struct Spring {
  int first = 0, second = 0;
  Eigen::Vector3d vector;  ///< from first to second [Å]
  double weight = 0.0;     ///< exp(-7 (r / r_nn - 1)), r_nn the largest nearest-neighbour distance
};

/// Every pair within 2 r_nn once, by (first, second, image), images along periodic directions alone. Empty for a single atom far from its images.
using SpringNetwork = std::vector<Spring>;
SpringNetwork make_springs(Crystal const& crystal);

/// Solves P z = g for the spring model's stiffness P of the variables (translations of atoms or groups).
class SpringPreconditioner {
 public:
  /// @param variable per atom: which of `count` translations moves it, or -1 (held)
  SpringPreconditioner(SpringNetwork const& springs, std::vector<int> const& variable, Eigen::Index count);
  /// Coordinates behind the translations have the mean stiffness of an atom.
  Eigen::VectorXd solve(Eigen::VectorXd const& gradient) const;
  ~SpringPreconditioner();

 private:
  struct Factor;
  Eigen::Index count_;
  double mean_ = 1.0;
  Eigen::VectorXd diagonal_;
  std::unique_ptr<Factor> factor_;  ///< Cholesky factor; none for very many translations
};

}  // namespace nacre::detail
