#include "planar.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace nacre::detail {

Eigen::Vector2i partner(Eigen::Vector2i const& a) {
  // extended Euclid: invariants r0 = x0 s0 + y0 t0 of (a.x, a.y)
  int r0 = a.x(), s0 = 1, t0 = 0, r1 = a.y(), s1 = 0, t1 = 1;
  while (r1 != 0) {
    int const q = r0 / r1;
    std::tie(r0, r1) = std::pair(r1, r0 - q * r1);
    std::tie(s0, s1) = std::pair(s1, s0 - q * s1);
    std::tie(t0, t1) = std::pair(t1, t0 - q * t1);
  }
  return r0 > 0 ? Eigen::Vector2i(-t0, s0) : Eigen::Vector2i(t0, -s0);
}

namespace {

void gauss_reduce(Vector2l& a, Vector2l& b, Eigen::Matrix2d const& basis) {
  for (;;) {
    Eigen::Vector2d const x = basis * a.cast<double>(), y = basis * b.cast<double>();
    std::int64_t const k = std::llround(x.dot(y) / x.squaredNorm());
    b -= k * a;
    if ((y - static_cast<double>(k) * x).squaredNorm() >= x.squaredNorm() * (1.0 - rounding)) return;
    std::swap(a, b);
  }
}

bool preferred(Vector2l const& p, Vector2l const& q) {
  auto const key = [](Vector2l const& v) { return std::tuple(std::abs(v.x()) + std::abs(v.y()), -v.x(), -v.y()); };
  return key(p) < key(q);
}

}  // namespace

Eigen::Matrix2i reduced_rows(Matrix2l const& rows, Eigen::Matrix2d const& basis) {
  Vector2l a = rows.row(0).transpose(), b = rows.row(1).transpose();
  gauss_reduce(a, b, basis);
  auto const squared = [&](Vector2l const& v) { return (basis * v.cast<double>()).squaredNorm(); };

  double const limit = std::min(squared(a), squared(b)) * (1.0 + 2.0 * length_noise);
  Vector2l first = squared(a) <= limit ? a : b;
  for (Vector2l const& v : std::array<Vector2l, 4>{a, b, a + b, a - b}) {
    for (Vector2l const& candidate : std::array<Vector2l, 2>{v, -v}) {
      if (squared(candidate) <= limit && preferred(candidate, first)) first = candidate;
    }
  }
  // a partner of `first`: one of +-a, +-b spans the lattice with it, on its left
  bool const same_as_a = first == a || first == -a;
  Vector2l second = same_as_a ? b : a;
  Eigen::Vector2d const x = basis * first.cast<double>();
  if (nacre::detail::cross(x, Eigen::Vector2d(basis * second.cast<double>())) < 0.0) second = -second;
  double const along = x.dot(basis * second.cast<double>()) / x.squaredNorm();
  second -= static_cast<std::int64_t>(std::ceil(along - 0.5 + length_noise)) * first;  // now in [-1/2, 1/2)
  Matrix2l reduced;
  reduced << first.transpose(), second.transpose();
  return reduced.cast<int>();
}

Matrix2l spanning_rows(std::vector<Vector2l> const& vectors, std::int64_t multiple) {
  // Euclid on the x coordinates leaves one vector with x != 0; the others are multiples of (0, gcd)
  Vector2l first = Vector2l::Zero();
  std::int64_t below = multiple;
  for (Vector2l v : vectors) {
    while (v.x() != 0) {
      first -= (first.x() / v.x()) * v;
      if (multiple != 0) first.y() %= below;
      std::swap(first, v);
    }
    below = std::gcd(below, v.y());
  }
  Matrix2l rows;
  rows << first.x(), first.y() % below, 0, below;
  return rows;
}

Matrix2l rows_with_multiple(Matrix2l const& p, std::int64_t d) {
  auto const residue = [&](std::int64_t x) { return (x % d + d) % d; };
  std::int64_t const second = d / std::gcd(d, std::gcd(p(1, 0), p(1, 1)));
  std::int64_t const step_x = residue(p(1, 0)), step_y = residue(p(1, 1));
  for (std::int64_t first = 1;; ++first) {
    std::int64_t at_x = residue(first * p(0, 0)), at_y = residue(first * p(0, 1));
    for (std::int64_t k = 0; k < second; ++k) {
      if (at_x == 0 && at_y == 0) return Matrix2l{{first, k}, {0, second}};
      if ((at_x += step_x) >= d) at_x -= d;
      if ((at_y += step_y) >= d) at_y -= d;
    }
  }
}

}  // namespace nacre::detail
