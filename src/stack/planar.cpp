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

void gauss_reduce(Eigen::Vector2i& a, Eigen::Vector2i& b, Eigen::Matrix2d const& basis) {
  for (;;) {
    Eigen::Vector2d const x = basis * a.cast<double>(), y = basis * b.cast<double>();
    int const k = static_cast<int>(std::lround(x.dot(y) / x.squaredNorm()));
    b -= k * a;
    if ((y - k * x).squaredNorm() >= x.squaredNorm() * (1.0 - rounding)) return;
    std::swap(a, b);
  }
}

bool preferred(Eigen::Vector2i const& p, Eigen::Vector2i const& q) {
  auto const key = [](Eigen::Vector2i const& v) {
    return std::tuple(std::abs(v.x()) + std::abs(v.y()), -v.x(), -v.y());
  };
  return key(p) < key(q);
}

}  // namespace

Eigen::Matrix2i reduced_rows(Eigen::Matrix2i const& rows, Eigen::Matrix2d const& basis) {
  Eigen::Vector2i a = rows.row(0).transpose(), b = rows.row(1).transpose();
  gauss_reduce(a, b, basis);
  auto const squared = [&](Eigen::Vector2i const& v) { return (basis * v.cast<double>()).squaredNorm(); };

  double const limit = std::min(squared(a), squared(b)) * (1.0 + 2.0 * length_noise);
  Eigen::Vector2i first = squared(a) <= limit ? a : b;
  for (Eigen::Vector2i const& v : std::array<Eigen::Vector2i, 4>{a, b, a + b, a - b}) {
    for (Eigen::Vector2i const& candidate : std::array<Eigen::Vector2i, 2>{v, -v}) {
      if (squared(candidate) <= limit && preferred(candidate, first)) first = candidate;
    }
  }
  // a partner of `first`: one of +-a, +-b spans the lattice with it, on its left
  bool const same_as_a = first == a || first == -a;
  Eigen::Vector2i second = same_as_a ? b : a;
  Eigen::Vector2d const x = basis * first.cast<double>();
  if (nacre::detail::cross(x, Eigen::Vector2d(basis * second.cast<double>())) < 0.0) second = -second;
  double const along = x.dot(basis * second.cast<double>()) / x.squaredNorm();
  second -= static_cast<int>(std::ceil(along - 0.5 + length_noise)) * first;  // now in [-1/2, 1/2)
  Eigen::Matrix2i reduced;
  reduced << first.transpose(), second.transpose();
  return reduced;
}

Eigen::Matrix2i spanning_rows(std::vector<Eigen::Vector2i> vectors) {
  // Euclid on the x coordinates leaves one vector with x != 0; the others are multiples of (0, gcd)
  Eigen::Vector2i first = Eigen::Vector2i::Zero();
  int below = 0;
  for (Eigen::Vector2i v : vectors) {
    while (v.x() != 0) {
      first -= (first.x() / v.x()) * v;
      std::swap(first, v);
    }
    below = std::gcd(below, v.y());
  }
  Eigen::Matrix2i rows;
  rows << first.x(), first.y() % below, 0, below;
  return rows;
}

}  // namespace nacre::detail
