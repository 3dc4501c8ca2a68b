#include "spring_network.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

namespace nacre::detail {
namespace {

constexpr double decay = 7.0;               // of the weight per nearest-neighbour distance (Packwood 2016)
constexpr double stabiliser = 0.1;          // added to the diagonal: the uniform translation costs nothing (the same)
constexpr Eigen::Index dense_limit = 3000;  // translations; above it the diagonal alone preconditions

/// Calls visit(i, j, r_ij) for every pair i <= j of atoms and images within `cutoff`, an atom and its own image once.
template <class Visit>
void for_pairs_within(Crystal const& crystal, double cutoff, Visit const& visit) {
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Matrix3Xd const fractional = inverse * crystal.positions;
  Eigen::Vector3i reach;
  for (int k = 0; k < 3; ++k) reach[k] = static_cast<int>(std::floor(cutoff * inverse.row(k).norm() + 0.5));
  auto const n = fractional.cols();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = i; j < n; ++j) {
      Eigen::Vector3d delta = fractional.col(j) - fractional.col(i);
      delta -= delta.array().round().matrix();
      for (int a = -reach[0]; a <= reach[0]; ++a) {
        for (int b = -reach[1]; b <= reach[1]; ++b) {
          for (int c = -reach[2]; c <= reach[2]; ++c) {
            if (i == j && (a < 0 || (a == 0 && (b < 0 || (b == 0 && c <= 0))))) continue;
            Eigen::Vector3d const r = crystal.lattice * (delta + Eigen::Vector3d(a, b, c));
            if (r.squaredNorm() <= cutoff * cutoff) visit(static_cast<int>(i), static_cast<int>(j), r);
          }
        }
      }
    }
  }
}

/// The largest over atoms of the distance to the nearest neighbour, looked for up to 8 Å.
double neighbour_distance(Crystal const& crystal) {
  for (double const radius : {2.5, 4.0, 8.0}) {
    std::vector<double> nearest(crystal.size(), std::numeric_limits<double>::infinity());
    for_pairs_within(crystal, radius, [&](int i, int j, Eigen::Vector3d const& r) {
      nearest[i] = std::min(nearest[i], r.norm());
      nearest[j] = std::min(nearest[j], r.norm());
    });
    double const largest = *std::max_element(nearest.begin(), nearest.end());
    if (std::isfinite(largest)) return largest;
  }
  return 4.0;
}

/// In place, lower triangle; the matrix is positive definite by construction.
void factorise(Eigen::MatrixXd& a) {
  auto const n = a.rows();
  for (Eigen::Index j = 0; j < n; ++j) {
    if (j > 0) a.col(j).tail(n - j).noalias() -= a.block(j, 0, n - j, j) * a.row(j).head(j).transpose();
    a.col(j).tail(n - j) /= std::sqrt(a(j, j));
  }
}

}  // namespace

SpringNetwork make_springs(Crystal const& crystal) {
  SpringNetwork springs;
  if (crystal.size() == 0) return springs;
  double const nearest = neighbour_distance(crystal);
  for_pairs_within(crystal, 2.0 * nearest, [&](int i, int j, Eigen::Vector3d const& r) {
    springs.push_back({i, j, r, std::exp(-decay * (r.norm() / nearest - 1.0))});
  });
  return springs;
}

SpringPreconditioner::SpringPreconditioner(SpringNetwork const& springs, std::vector<int> const& variable,
                                           Eigen::Index count)
    : count_(count), dense_(count <= dense_limit) {
  factor_ = dense_ ? Eigen::MatrixXd::Zero(count, count).eval() : Eigen::MatrixXd::Zero(count, 1).eval();
  auto diagonal = [&](int i) -> double& { return dense_ ? factor_(i, i) : factor_(i, 0); };
  for (auto const& spring : springs) {
    int const i = variable[spring.first], j = variable[spring.second];
    if (i == j) continue;
    if (i >= 0) diagonal(i) += spring.weight;
    if (j >= 0) diagonal(j) += spring.weight;
    if (dense_ && i >= 0 && j >= 0) factor_(std::max(i, j), std::min(i, j)) -= spring.weight;
  }
  double sum = 0.0;
  for (int i = 0; i < count; ++i) sum += (diagonal(i) += stabiliser);
  mean_ = count > 0 ? sum / static_cast<double>(count) : 1.0;
  if (dense_) factorise(factor_);
}

Eigen::VectorXd SpringPreconditioner::solve(Eigen::VectorXd const& gradient) const {
  Eigen::VectorXd z = gradient;
  for (int axis = 0; axis < 3; ++axis) {
    Eigen::VectorXd part(count_);
    for (Eigen::Index i = 0; i < count_; ++i) part[i] = gradient[3 * i + axis];
    if (dense_) {
      for (Eigen::Index i = 0; i < count_; ++i) {
        part[i] = (part[i] - factor_.row(i).head(i).dot(part.head(i))) / factor_(i, i);
      }
      for (Eigen::Index i = count_ - 1; i >= 0; --i) {
        auto const rest = count_ - 1 - i;
        part[i] = (part[i] - factor_.col(i).tail(rest).dot(part.tail(rest))) / factor_(i, i);
      }
    } else {
      part.array() /= factor_.col(0).array();
    }
    for (Eigen::Index i = 0; i < count_; ++i) z[3 * i + axis] = part[i];
  }
  z.tail(gradient.size() - 3 * count_) /= mean_;
  return z;
}

}  // namespace nacre::detail
