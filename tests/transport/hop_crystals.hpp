/// Crystals that tests of hops share.
#pragma once

#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre::test {

inline Crystal cubic_cell(double a, std::vector<int> numbers, std::vector<double> charges,
                          std::vector<Eigen::Vector3d> const& fractional) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.numbers = std::move(numbers);
  crystal.oxidation = std::move(charges);
  crystal.positions.resize(3, std::ssize(fractional));
  for (std::size_t i = 0; i < fractional.size(); ++i)
    crystal.positions.col(static_cast<Eigen::Index>(i)) = a * fractional[i];
  return crystal;
}

/// Four cations of charge +4 and eight anions of -2.
inline Crystal fluorite(int cation, int anion, double a) {
  std::vector<Eigen::Vector3d> sites{{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
  for (double const x : {.25, .75})
    for (double const y : {.25, .75})
      for (double const z : {.25, .75}) sites.emplace_back(x, y, z);
  std::vector<int> numbers(4, cation);
  numbers.insert(numbers.end(), 8, anion);
  std::vector<double> charges(4, 4.0);
  charges.insert(charges.end(), 8, -2.0);
  return cubic_cell(a, numbers, charges, sites);
}

inline Crystal perovskite(int large, int small, double a) {
  return cubic_cell(a, {large, small, 8, 8, 8}, {2, 4, -2, -2, -2},
                    {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}});
}

inline Crystal rock_salt(int cation, double a) {
  return cubic_cell(a, {cation, cation, cation, cation, 8, 8, 8, 8}, {2, 2, 2, 2, -2, -2, -2, -2},
                    {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}, {.5, .5, .5}, {.5, 0, 0}, {0, .5, 0}, {0, 0, .5}});
}

}  // namespace nacre::test
