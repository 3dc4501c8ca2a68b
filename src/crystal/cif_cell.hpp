/// Cell, symmetry operations and sites of a CIF as plain data; cif.cpp fills it, cif_expand.cpp makes the crystal.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre::detail {

struct CifSite {
  std::string label;
  int number = 0;
  Eigen::Vector3d fractional;
};

struct CifStructure {
  std::string name;
  std::array<double, 3> lengths{}, angles_deg{};
  std::vector<SymmetryOperation> operations;
  std::vector<CifSite> sites;
  std::vector<double> oxidation;  ///< per site; empty if the file does not give one for each
  std::string formula_sum;        ///< as in the file; empty if absent
};

/// a along x, b in the xy plane.
Eigen::Matrix3d lattice_from_parameters(std::array<double, 3> const& lengths, std::array<double, 3> const& angles_deg);

/// "x-y, -y, z+1/2", "-x, 0.5+y, .25-z" @throws InputError with `place`
SymmetryOperation parse_operation(std::string const& text, std::string const& place);

/// All atoms of the cell. A site within 0.1 Å of a special position is moved onto it (0.3333 becomes 1/3).
/// @throws InputError if the operations form no group or do not fit the cell, if sites coincide, or if the atoms
/// disagree with the formula
Crystal expand(CifStructure const& structure, std::string const& place);

}  // namespace nacre::detail
