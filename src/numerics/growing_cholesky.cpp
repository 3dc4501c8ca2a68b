#include "nacre/numerics/growing_cholesky.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "nacre/numerics/linalg.hpp"
#include "process_kernel.hpp"

namespace nacre {
namespace {

detail::LowerRows view(GrowingCholesky::RowMajor const& rows, Eigen::Index size) {
  return {size, rows.outerStride(), rows.data()};
}

}  // namespace

std::optional<GrowingCholesky> GrowingCholesky::factor(Eigen::MatrixXd const& matrix) {
  auto const factor = Cholesky::factor(matrix);
  if (!factor) return std::nullopt;
  GrowingCholesky result;
  result.rows_ = factor->lower();
  result.size_ = matrix.rows();
  return result;
}

void GrowingCholesky::append(Eigen::VectorXd const& row, double diagonal, double least) {
  assert(row.size() == size_ && least > 0.0);
  if (size_ == rows_.rows()) {
    auto const room = std::max<Eigen::Index>(16, size_ + size_ / 4);
    rows_.conservativeResize(room, room);
  }
  Eigen::VectorXd const left = solve_lower(row);
  rows_.row(size_).head(size_) = left.transpose();
  rows_(size_, size_) = std::sqrt(std::max(diagonal - left.squaredNorm(), least));
  ++size_;
}

Eigen::VectorXd GrowingCholesky::solve_lower(Eigen::VectorXd const& right) const {
  Eigen::VectorXd result = right;
  detail::solve_lower_one(selected_isa(), view(rows_, size_), result.data());
  return result;
}

Eigen::VectorXd GrowingCholesky::solve_upper(Eigen::VectorXd const& right) const {
  Eigen::VectorXd result = right;
  detail::solve_upper_one(selected_isa(), view(rows_, size_), result.data());
  return result;
}

Eigen::VectorXd GrowingCholesky::solve(Eigen::VectorXd const& right) const { return solve_upper(solve_lower(right)); }

GrowingCholesky::RowMajor GrowingCholesky::solve_lower(RowMajor right) const {
  constexpr auto width = detail::solve_width;
  RowMajor block(size_, width);
  for (Eigen::Index start = 0; start < right.cols(); start += width) {
    auto const count = std::min(width, right.cols() - start);
    block.setZero();
    block.leftCols(count) = right.middleCols(start, count);
    detail::solve_lower_block(selected_isa(), view(rows_, size_), block.data());
    right.middleCols(start, count) = block.leftCols(count);
  }
  return right;
}

}  // namespace nacre
