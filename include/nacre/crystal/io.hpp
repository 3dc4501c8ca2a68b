/// Crystals from and to files: POSCAR/CONTCAR (VASP 5), extxyz (ASE conventions), CIF (gemmi); from LAMMPS data files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// One configuration of an extxyz file with what stands beside the atoms.
struct NACRE_API Frame {
  Crystal crystal;
  std::map<std::string, std::string> info;                      ///< comment line, without Lattice, Properties, pbc
  std::map<std::string, Eigen::MatrixXd> columns;               ///< numeric columns, one column of the matrix per atom
};

/// By extension or name: .cif, .xyz/.extxyz, POSCAR*/CONTCAR*/.vasp/.poscar, .lammps-data/.data/.lmp; the last frame of
/// several.
/// Oxidation states are read where the file has them (extxyz column `oxidation_state`, CIF _atom_type_oxidation_number).
/// A CIF's cell has a along x and b in the xy plane; sites near a special position (0.1 Å) are put onto it, and the
/// atoms must agree with _chemical_formula_sum.
/// @throws InputError naming file and line: missing file, truncated, partial occupancy, no symbols, zero volume
NACRE_API Crystal read_crystal(std::filesystem::path const& path);
NACRE_API std::vector<Frame> read_extxyz(std::filesystem::path const& path);
/// All frames. Without Lattice no direction is periodic and the lattice is the identity.
NACRE_API std::vector<Frame> parse_extxyz(std::string_view text, std::string const& origin);
NACRE_API Crystal parse_poscar(std::string_view text, std::string const& origin);
/// Atoms by increasing id; elements from the masses, or from a comment behind them.
NACRE_API Crystal parse_lammps_data(std::string_view text, std::string const& origin);
NACRE_API Crystal parse_cif(std::string_view text, std::string const& origin);

NACRE_API std::string to_poscar(Crystal const& crystal);   ///< VASP 5, Cartesian, atoms grouped by element
NACRE_API std::string to_cif(Crystal const& crystal);      ///< P1; the orientation is lost, the hand is kept
/// One frame; `info` values are quoted where needed; every column is written under its name.
NACRE_API std::string to_extxyz(Frame const& frame);

}  // namespace nacre
