#include "nacre/stack/strain.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
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

StrainShare share_strain(std::vector<Eigen::Vector3d> const& misfits, std::vector<double> const& thickness,
                         std::vector<PlaneStiffness> const& stiffness) {
  require(thickness.size() == misfits.size() && stiffness.size() == misfits.size(), "strain of ", misfits.size(),
          " layers with ", thickness.size(), " thicknesses and ", stiffness.size(), " stiffnesses (one per layer)");
  Eigen::Matrix3d sum = thickness[0] * stiffness[0];
  Eigen::Vector3d pull = Eigen::Vector3d::Zero();
  for (std::size_t i = 1; i < misfits.size(); ++i) {
    sum += thickness[i] * stiffness[i];
    pull += thickness[i] * stiffness[i] * misfits[i];
  }
  Eigen::Vector3d const first = sum.inverse() * pull;
  StrainShare share;
  for (std::size_t i = 0; i < misfits.size(); ++i) {
    Eigen::Vector3d const s = first - misfits[i];
    share.layers.push_back(s);
    share.energy_per_area += thickness[i] * s.dot(stiffness[i] * s);
  }
  share.energy_per_area *= 0.5;
  return share;
}

StrainShare share_strain(std::vector<Eigen::Vector3d> const& misfits, std::vector<double> const& weights) {
  require(weights.size() == misfits.size(), "strain of ", misfits.size(), " layers with ", weights.size(),
          " weights (one per layer)");
  for (double const w : weights) {
    require(w >= 0.0 && std::isfinite(w), "invalid strain weight ", w, " (must not be negative)");
  }
  double const sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  require(sum > 0.0, "invalid strain weights (all are zero); give one layer a weight");
  Eigen::Vector3d first = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < misfits.size(); ++i) first += weights[i] / sum * misfits[i];
  StrainShare share;
  for (auto const& misfit : misfits) share.layers.push_back(first - misfit);
  return share;
}

Eigen::Vector3d misfit_strain(Eigen::Matrix2i const& rows, Eigen::Matrix2d const& basis,
                              Eigen::Matrix2i const& other_rows, Eigen::Matrix2d const& other_basis) {
  Eigen::Matrix2d const first = basis * rows.transpose().cast<double>();
  Eigen::Matrix2d const second = other_basis * other_rows.transpose().cast<double>();
  Eigen::Matrix2d const e = first.transpose().inverse() * second.transpose();
  Eigen::Matrix2d const half_log = detail::of_symmetric(e * e.transpose(), [](double x) { return 0.5 * std::log(x); });
  return {half_log(0, 0), half_log(1, 1), 2.0 * half_log(0, 1)};
}

Eigen::Vector3d misfit_strain(Coincidence const& coincidence, Eigen::Matrix2d const& bottom_basis,
                              Eigen::Matrix2d const& top_basis) {
  return misfit_strain(coincidence.substrate, bottom_basis, coincidence.film, top_basis);
}

Eigen::Vector2d principal_strains(Eigen::Vector3d const& strain) {
  double const mean = 0.5 * (strain[0] + strain[1]);
  double const radius = std::hypot(0.5 * (strain[0] - strain[1]), 0.5 * strain[2]);
  return {std::expm1(mean + radius), std::expm1(mean - radius)};
}

}  // namespace nacre
