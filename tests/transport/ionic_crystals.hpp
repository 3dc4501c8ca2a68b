/// Ionic crystals with charges, and the structures of the reference file.
#pragma once

#include <Eigen/LU>

#include "crystal/crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::test {

/// Antifluorite, a = 4.619 A.
inline Crystal lithium_oxide() {
  std::vector<Eigen::Vector3d> sites{{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
  for (double x : {.25, .75})
    for (double y : {.25, .75})
      for (double z : {.25, .75}) sites.emplace_back(x, y, z);
  auto crystal = cubic(4.619, {8, 8, 8, 8, 3, 3, 3, 3, 3, 3, 3, 3}, sites);
  crystal.oxidation = {-2, -2, -2, -2, 1, 1, 1, 1, 1, 1, 1, 1};
  return crystal;
}

/// A triclinic cell with three kinds of ions, far from any symmetry.
inline Crystal skew_crystal() {
  Crystal crystal;
  crystal.lattice << 4.1, 1.7, -0.9, 0.0, 3.8, 1.2, 0.0, 0.0, 4.4;
  crystal.numbers = {8, 8, 15, 3};
  crystal.oxidation = {-2, -2, 5, -1};
  crystal.positions =
      crystal.lattice * (Eigen::Matrix3Xd(3, 4) << .1, .57, .33, .9, .2, .71, .46, .05, .08, .52, .77, .6).finished();
  return crystal;
}

/// A structure of reference/physics/bvse_reference.json.
inline Crystal reference_crystal(Value const& entry) {
  Crystal crystal;
  auto const& rows = entry.at("cell").as_array();
  auto const& symbols = entry.at("symbols").as_array();
  crystal.positions.resize(3, static_cast<Eigen::Index>(symbols.size()));
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k)
      crystal.lattice(k, i) = rows[static_cast<std::size_t>(i)].as_array()[static_cast<std::size_t>(k)].as_number();
  for (std::size_t a = 0; a < symbols.size(); ++a) {
    Eigen::Vector3d fractional;
    for (int k = 0; k < 3; ++k)
      fractional[k] = entry.at("scaled_positions").as_array()[a].as_array()[static_cast<std::size_t>(k)].as_number();
    crystal.positions.col(static_cast<Eigen::Index>(a)) = crystal.lattice * fractional;
    crystal.numbers.push_back(*atomic_number(symbols[a].as_string()));
    crystal.oxidation.push_back(entry.at("oxi").as_array()[a].as_number());
  }
  return crystal;
}

}  // namespace nacre::test
