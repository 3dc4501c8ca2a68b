#include "spring_network.hpp"

#include <Eigen/SparseCholesky>
#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/potential/neighbors.hpp"

namespace nacre::detail {
namespace {

constexpr double decay = 7.0;               // of the weight per nearest-neighbour distance (Packwood 2016)
constexpr double stabiliser = 0.1;          // added to the diagonal: the uniform translation costs nothing (the same)
constexpr double weakest = 0.06;            // spring that preconditions: farther ones fill the factor and save no step
constexpr Eigen::Index sparse_limit = 5000;  // translations; above it the diagonal alone preconditions

/// The largest over atoms of the distance to the nearest neighbour, looked for up to 8 Å.
double neighbour_distance(Crystal const& crystal) {
  for (double const radius : {2.5, 4.0, 8.0}) {
    std::vector<double> nearest(crystal.size(), std::numeric_limits<double>::infinity());
    for (auto const& pair : find_neighbors(crystal, radius, PairKind::half)) {
      for (int const atom : {pair.first, pair.second}) {
        auto& distance = nearest[static_cast<std::size_t>(atom)];
        distance = std::min(distance, pair.vector.norm());
      }
    }
    double const largest = *std::max_element(nearest.begin(), nearest.end());
    if (std::isfinite(largest)) return largest;
  }
  return 4.0;
}

}  // namespace

SpringNetwork make_springs(Crystal const& crystal) {
  SpringNetwork springs;
  if (crystal.size() == 0) return springs;
  double const nearest = neighbour_distance(crystal);
  for (auto const& pair : find_neighbors(crystal, 2.0 * nearest, PairKind::half)) {
    double const weight = std::exp(-decay * (pair.vector.norm() / nearest - 1.0));
    springs.push_back({pair.first, pair.second, pair.vector, weight});
  }
  return springs;
}

struct SpringPreconditioner::Factor {
  Eigen::SimplicialLLT<Eigen::SparseMatrix<double>> cholesky;
};

SpringPreconditioner::SpringPreconditioner(SpringNetwork const& springs, std::vector<int> const& variable,
                                           Eigen::Index count)
    : count_(count), diagonal_(Eigen::VectorXd::Constant(count, stabiliser)) {
  std::vector<Eigen::Triplet<double>> entries;
  bool const sparse = count <= sparse_limit;
  for (auto const& spring : springs) {
    int const i = variable[static_cast<std::size_t>(spring.first)];
    int const j = variable[static_cast<std::size_t>(spring.second)];
    if (i == j || spring.weight < weakest) continue;
    if (i >= 0) diagonal_[i] += spring.weight;
    if (j >= 0) diagonal_[j] += spring.weight;
    if (sparse && i >= 0 && j >= 0) entries.emplace_back(std::max(i, j), std::min(i, j), -spring.weight);
  }
  if (count > 0) mean_ = diagonal_.mean();
  if (!sparse || count == 0) return;
  for (int i = 0; i < count; ++i) entries.emplace_back(i, i, diagonal_[i]);
  Eigen::SparseMatrix<double> matrix(count, count);
  matrix.setFromTriplets(entries.begin(), entries.end());
  factor_ = std::make_unique<Factor>();
  factor_->cholesky.compute(matrix);  // positive definite by construction
}

SpringPreconditioner::~SpringPreconditioner() = default;

Eigen::VectorXd SpringPreconditioner::solve(Eigen::VectorXd const& gradient) const {
  Eigen::VectorXd z = gradient;
  Eigen::MatrixX3d parts(count_, 3);
  for (Eigen::Index i = 0; i < count_; ++i) parts.row(i) = gradient.segment<3>(3 * i).transpose();
  if (factor_)
    parts = factor_->cholesky.solve(parts).eval();
  else
    parts = (parts.array().colwise() / diagonal_.array()).matrix().eval();
  for (Eigen::Index i = 0; i < count_; ++i) z.segment<3>(3 * i) = parts.row(i).transpose();
  z.tail(gradient.size() - 3 * count_) /= mean_;
  return z;
}

}  // namespace nacre::detail
