#include <Eigen/LU>
#include <array>
#include <cmath>

#include "nacre/stack/stack.hpp"
#include "planar.hpp"

namespace nacre {
namespace {

constexpr std::array<std::array<int, 2>, 6> voigt{{{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}};

/// M of the Bond transformation of stress, sigma' = M sigma, for axes given as rows.
Eigen::Matrix<double, 6, 6> bond_matrix(Eigen::Matrix3d const& r) {
  Eigen::Matrix<double, 6, 6> m;
  for (int i = 0; i < 6; ++i) {
    auto const [a, b] = voigt[static_cast<std::size_t>(i)];
    for (int j = 0; j < 6; ++j) {
      auto const [c, d] = voigt[static_cast<std::size_t>(j)];
      m(i, j) = c == d ? r(a, c) * r(b, c) : r(a, c) * r(b, d) + r(a, d) * r(b, c);
    }
  }
  return m;
}

}  // namespace

PlaneStiffness plane_stiffness(Eigen::Matrix<double, 6, 6> const& stiffness, Eigen::Matrix3d const& frame) {
  Eigen::Matrix<double, 6, 6> const m = bond_matrix(frame);
  Eigen::Matrix<double, 6, 6> const c = m * stiffness * m.transpose();
  constexpr std::array<int, 3> in{0, 1, 5}, out{2, 3, 4};
  Eigen::Matrix3d pp, pz, zp, zz;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      auto const pi = in[static_cast<std::size_t>(i)], pj = in[static_cast<std::size_t>(j)];
      auto const zi = out[static_cast<std::size_t>(i)], zj = out[static_cast<std::size_t>(j)];
      pp(i, j) = c(pi, pj);
      pz(i, j) = c(pi, zj);
      zp(i, j) = c(zi, pj);
      zz(i, j) = c(zi, zj);
    }
  }
  return pp - pz * zz.inverse() * zp;
}

PlaneStiffness turned(PlaneStiffness const& stiffness, double angle) {
  double const c = std::cos(angle), s = std::sin(angle);
  Eigen::Matrix3d m;  // the in-plane block of the Bond matrix for a rotation of the layer by `angle`
  m << c * c, s * s, -2.0 * c * s, s * s, c * c, 2.0 * c * s, c * s, -c * s, c * c - s * s;
  return m * stiffness * m.transpose();
}

StrainShare share_strain(Eigen::Vector3d const& misfit, double t1, PlaneStiffness const& q1, double t2,
                         PlaneStiffness const& q2) {
  StrainShare share;
  share.first = (t1 * q1 + t2 * q2).inverse() * (t2 * q2 * misfit);
  share.second = share.first - misfit;
  share.energy_per_area = 0.5 * (t1 * share.first.dot(q1 * share.first) + t2 * share.second.dot(q2 * share.second));
  return share;
}

Eigen::Vector3d misfit_strain(Coincidence const& coincidence, Eigen::Matrix2d const& bottom_basis,
                              Eigen::Matrix2d const& top_basis) {
  Eigen::Matrix2d const first = bottom_basis * coincidence.substrate.transpose().cast<double>();
  Eigen::Matrix2d const second = top_basis * coincidence.film.transpose().cast<double>();
  Eigen::Matrix2d const e = first.transpose().inverse() * second.transpose();
  Eigen::Matrix2d const half_log = detail::of_symmetric(e * e.transpose(), [](double x) { return 0.5 * std::log(x); });
  return {half_log(0, 0), half_log(1, 1), 2.0 * half_log(0, 1)};
}

}  // namespace nacre
