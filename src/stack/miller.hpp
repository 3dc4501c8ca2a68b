/// Plane indices in the lattice of a file and in the primitive lattice, by integers.
#pragma once

#include <Eigen/Core>
#include <Eigen/LU>
#include <numeric>

namespace nacre::detail {

inline Eigen::Vector3i coprime(Eigen::Vector3i const& v) { return v / std::gcd(std::gcd(v.x(), v.y()), v.z()); }

/// lattice = primitive T with an integer matrix T: a plane has indices h (row) in the primitive lattice and h T in the
/// other.
class PrimitiveIndices {
 public:
  PrimitiveIndices(Eigen::Matrix3d const& lattice, Eigen::Matrix3d const& primitive) {
    Eigen::Matrix3d const t = primitive.inverse() * lattice;
    transform_ = t.array().round().matrix().cast<int>();
    adjugate_ = (t.inverse() * t.determinant()).array().round().matrix().cast<int>();
    if (t.determinant() < 0.0) adjugate_ *= -1;
  }
  Eigen::Vector3i to_primitive(Eigen::Vector3i const& miller) const { return coprime(adjugate_.transpose() * miller); }
  Eigen::Vector3i from_primitive(Eigen::Vector3i const& h) const { return coprime(transform_.transpose() * h); }

 private:
  Eigen::Matrix3i transform_, adjugate_;
};

}  // namespace nacre::detail
