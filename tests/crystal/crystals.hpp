/// Crystals that the tests of this layer share.
#pragma once

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <string>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre::test {

inline Crystal cubic(double a, std::vector<int> numbers, std::vector<Eigen::Vector3d> const& fractional) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.numbers = std::move(numbers);
  crystal.positions.resize(3, static_cast<Eigen::Index>(fractional.size()));
  for (std::size_t i = 0; i < fractional.size(); ++i)
    crystal.positions.col(static_cast<Eigen::Index>(i)) = a * fractional[i];
  return crystal;
}

inline Crystal strontium_titanate() {
  return cubic(3.905, {38, 22, 8, 8, 8}, {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}});
}

/// Conventional cell of rock salt.
inline Crystal magnesia() {
  return cubic(4.212, {12, 12, 12, 12, 8, 8, 8, 8},
               {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}, {.5, .5, .5}, {.5, 0, 0}, {0, .5, 0}, {0, 0, .5}});
}

/// Rigid rotation about a general axis.
inline Crystal rotated(Crystal crystal, double angle) {
  Eigen::Matrix3d const rotation = Eigen::AngleAxisd(angle, Eigen::Vector3d(1, 2, 3).normalized()).toRotationMatrix();
  crystal.lattice = rotation * crystal.lattice;
  crystal.positions = rotation * crystal.positions;
  return crystal;
}

/// Message of the InputError that `call` throws; empty if it throws none.
template <class Call>
std::string input_error_of(Call&& call) {
  try {
    call();
  } catch (InputError const& error) {
    return error.what();
  }
  return {};
}

}  // namespace nacre::test
