#include "support/lennard_jones.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/ids.hpp"

namespace nacre::test {

Evaluation LennardJones::evaluate(Crystal const& crystal) const {
  auto const n = crystal.positions.cols();
  auto pair = [&](double r) {
    double const s6 = std::pow(sigma_ / r, 6);
    return std::pair(4.0 * epsilon_ * (s6 * s6 - s6), -24.0 * epsilon_ * (2.0 * s6 * s6 - s6) / r);
  };
  auto const [energy_end, slope_end] = pair(cutoff_);
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Vector3i reach;
  for (int k = 0; k < 3; ++k) reach[k] = static_cast<int>(std::floor(cutoff_ * inverse.row(k).norm() + 0.5));

  Evaluation result;
  result.forces = Eigen::Matrix3Xd::Zero(3, n);
  Eigen::Matrix3d virial = Eigen::Matrix3d::Zero();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      Eigen::Vector3d delta = inverse * (crystal.positions.col(j) - crystal.positions.col(i));
      delta -= delta.array().round().matrix();
      for (int a = -reach[0]; a <= reach[0]; ++a) {
        for (int b = -reach[1]; b <= reach[1]; ++b) {
          for (int c = -reach[2]; c <= reach[2]; ++c) {
            if (i == j && a == 0 && b == 0 && c == 0) continue;
            Eigen::Vector3d const r = crystal.lattice * (delta + Eigen::Vector3d(a, b, c));
            double const d = r.norm();
            if (d >= cutoff_) continue;
            auto const [energy, slope] = pair(d);
            result.energy += 0.5 * (energy - energy_end - (d - cutoff_) * slope_end);
            result.forces.col(i) += (slope - slope_end) * r / d;
            virial += 0.5 * (slope - slope_end) * r * r.transpose() / d;
            ++result.edges;
          }
        }
      }
    }
  }
  result.stress = virial / crystal.volume();
  return result;
}

std::string LennardJones::identity() const {
  return Sha256().update(name()).update(epsilon_).update(sigma_).update(cutoff_).hex();
}

Crystal make_fcc(double a) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 4);
  crystal.positions << 0, 0, 0.5, 0.5, 0, 0.5, 0, 0.5, 0, 0.5, 0.5, 0;
  crystal.positions *= a;
  crystal.numbers.assign(4, 18);
  crystal.oxidation.assign(4, 0.0);
  crystal.name = "Ar";
  return crystal;
}

}  // namespace nacre::test
