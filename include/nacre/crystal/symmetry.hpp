/// Space groups, primitive and conventional cells (spglib; seen only in symmetry.cpp).
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// x -> rotation x + translation, fractional coordinates of the crystal's own lattice.
struct SymmetryOperation {
  Eigen::Matrix3i rotation;
  Eigen::Vector3d translation;
};

struct NACRE_API SpaceGroup {
  int number = 0;
  std::string symbol;                         ///< international, short
  std::string point_group;
  std::vector<SymmetryOperation> operations;  ///< of the cell given, identity first
};

inline constexpr double symmetry_tolerance_A = 1e-4;

/// Atoms of one element with different oxidation states are different species.
/// @throws InputError if spglib finds no group (atoms too close, degenerate cell), with its reason
NACRE_API SpaceGroup find_space_group(Crystal const& crystal, double tolerance_A = symmetry_tolerance_A);

/// The primitive cell in the ORIENTATION of the input: same Cartesian frame, positions are those of atoms of the input.
NACRE_API Crystal primitive_cell(Crystal const& crystal, double tolerance_A = symmetry_tolerance_A);
/// spglib's standardised conventional cell (its own orientation), not idealised by more than the tolerance.
NACRE_API Crystal conventional_cell(Crystal const& crystal, double tolerance_A = symmetry_tolerance_A);

}  // namespace nacre
