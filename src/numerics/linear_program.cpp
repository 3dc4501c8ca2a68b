#include "nacre/numerics/linear_program.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {
namespace {

constexpr double slack = 1e-11;  // of a coefficient of order one
constexpr int patience = 64;     // pivots without progress before Bland's rule
constexpr int most_pivots = 100'000;

/// Rows: the equations solved for their basic variables; last column: their values. Columns behind `variables` are
/// artificial, one per equation.
class Tableau {
 public:
  Tableau(Eigen::MatrixXd const& matrix, Eigen::VectorXd const& right)
      : variables_(matrix.cols()), table_(matrix.rows(), matrix.cols() + matrix.rows() + 1) {
    auto const rows = matrix.rows();
    table_ << matrix, Eigen::MatrixXd::Identity(rows, rows), right;
    for (Eigen::Index i = 0; i < rows; ++i) {
      if (right[i] < 0.0) {
        table_.row(i) *= -1.0;
        table_(i, variables_ + i) = 1.0;
      }
      basis_.push_back(static_cast<int>(variables_ + i));
    }
  }

  /// Pivots until no reduced cost of the first `columns` is negative. @return false if the program is unbounded
  bool minimize(Eigen::VectorXd const& cost, Eigen::Index columns) {
    double best = value(cost);
    int idle = 0;
    for (int pivots = 0; pivots < most_pivots; ++pivots) {
      auto const enter = entering(cost, columns, idle >= patience);
      if (enter < 0) return true;
      auto const leave = leaving(enter);
      if (leave < 0) return false;
      pivot(leave, enter);
      double const now = value(cost);
      idle = now < best - slack ? 0 : idle + 1;
      best = std::min(best, now);
    }
    throw Error(
        concat("a linear program of ", table_.rows(), " equations did not end within ", most_pivots, " pivots"));
  }

  double value(Eigen::VectorXd const& cost) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < basis_.size(); ++i) sum += cost[basis_[i]] * values()[static_cast<Eigen::Index>(i)];
    return sum;
  }

  /// Artificial variables leave the basis, or, in redundant equations, stay at zero for good.
  void drop_artificial() {
    for (Eigen::Index i = 0; i < table_.rows(); ++i) {
      if (basis_[static_cast<std::size_t>(i)] < variables_) continue;
      for (Eigen::Index j = 0; j < variables_; ++j) {
        if (std::abs(table_(i, j)) < 1e-9) continue;
        pivot(i, j);
        break;
      }
      if (basis_[static_cast<std::size_t>(i)] >= variables_) table_.row(i).setZero();
    }
  }

  std::vector<int> basis() const {
    std::vector<int> result;
    for (int const j : basis_) {
      if (j < variables_) result.push_back(j);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  Eigen::VectorXd values() const { return table_.rightCols<1>(); }

  Eigen::Index entering(Eigen::VectorXd const& cost, Eigen::Index columns, bool first) const {
    Eigen::VectorXd basic(table_.rows());
    for (std::size_t i = 0; i < basis_.size(); ++i) basic[static_cast<Eigen::Index>(i)] = cost[basis_[i]];
    Eigen::RowVectorXd const reduced = cost.head(columns).transpose() - basic.transpose() * table_.leftCols(columns);
    Eigen::Index best = -1;
    double least = -slack;
    for (Eigen::Index j = 0; j < columns; ++j) {
      if (reduced[j] >= least) continue;
      best = j;
      if (first) return best;
      least = reduced[j];
    }
    return best;
  }

  Eigen::Index leaving(Eigen::Index enter) const {
    Eigen::Index best = -1;
    double least = 0.0;
    for (Eigen::Index i = 0; i < table_.rows(); ++i) {
      if (table_(i, enter) <= slack) continue;
      double const ratio = table_(i, table_.cols() - 1) / table_(i, enter);
      bool const tie = best >= 0 && std::abs(ratio - least) <= slack;
      bool const earlier = tie && basis_[static_cast<std::size_t>(i)] < basis_[static_cast<std::size_t>(best)];
      if (best >= 0 && !earlier && (tie || ratio > least)) continue;
      best = i;
      least = ratio;
    }
    return best;
  }

  void pivot(Eigen::Index row, Eigen::Index column) {
    table_.row(row) /= table_(row, column);
    for (Eigen::Index i = 0; i < table_.rows(); ++i) {
      if (i != row && table_(i, column) != 0.0) table_.row(i) -= table_(i, column) * table_.row(row);
    }
    basis_[static_cast<std::size_t>(row)] = static_cast<int>(column);
  }

  Eigen::Index variables_;
  Eigen::MatrixXd table_;
  std::vector<int> basis_;
};

}  // namespace

LinearSolution minimize_linear(Eigen::VectorXd const& cost, Eigen::MatrixXd const& matrix,
                               Eigen::VectorXd const& right) {
  auto const variables = matrix.cols(), rows = matrix.rows();
  Tableau tableau(matrix, right);
  Eigen::VectorXd artificial = Eigen::VectorXd::Zero(variables + rows), real = artificial;
  artificial.tail(rows).setOnes();
  real.head(variables) = cost;

  LinearSolution solution;
  tableau.minimize(artificial, variables);
  if (tableau.value(artificial) > 1e-9 * std::max(1.0, right.cwiseAbs().sum())) return solution;
  tableau.drop_artificial();
  if (!tableau.minimize(real, variables)) {
    solution.state = LinearSolution::State::unbounded;
    return solution;
  }
  solution.state = LinearSolution::State::optimal;
  solution.basis = tableau.basis();
  Eigen::MatrixXd columns(rows, static_cast<Eigen::Index>(solution.basis.size()));
  for (std::size_t k = 0; k < solution.basis.size(); ++k) {
    columns.col(static_cast<Eigen::Index>(k)) = matrix.col(solution.basis[k]);
  }
  Eigen::VectorXd const basic = least_squares(columns, right);  // without the pivots' rounding
  solution.x = Eigen::VectorXd::Zero(variables);
  for (std::size_t k = 0; k < solution.basis.size(); ++k) {
    solution.x[solution.basis[k]] = std::max(0.0, basic[static_cast<Eigen::Index>(k)]);
  }
  solution.value = cost.dot(solution.x);
  return solution;
}

}  // namespace nacre
