/// Small dense linear programs: a handful of equations, thousands of variables.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct NACRE_API LinearSolution {
  enum class State { optimal, infeasible, unbounded } state = State::infeasible;
  double value = 0.0;
  Eigen::VectorXd x;       ///< at most as many entries above zero as there are equations
  std::vector<int> basis;  ///< variables that may be above zero, increasing; redundant equations have none
};

/// Minimises cost . x under matrix x = right, x >= 0, by the two-phase simplex method; after a stretch without progress
/// by the pivots of R. G. Bland, Math. Oper. Res. 2, 103 (1977), doi:10.1287/moor.2.2.103, which never cycle. Redundant
/// equations and equal columns do no harm; of equally good columns the first is taken. Entries of the order of one.
NACRE_API LinearSolution minimize_linear(Eigen::VectorXd const& cost, Eigen::MatrixXd const& matrix,
                                         Eigen::VectorXd const& right);

}  // namespace nacre
