/// Input decks for DFT codes: Quantum ESPRESSO (pw.x) and VASP.
///
/// Pseudopotentials are named by one convention, `El.upf` in `pseudo_dir` (Ti.upf), which the user fills with one
/// published set. VASP's are licensed: a deck has POTCAR.labels (the names, one per line, in the order of POSCAR), never
/// a POTCAR. Both codes get the same choices: PBE, a Gamma-centred mesh, Gaussian smearing, spin polarisation where a 3d
/// metal from V to Cu is present (in QE also a lanthanide from Pr to Yb; VASP's labels keep those f shells in the core).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct DeckOptions {
  std::string level = "pbe";         ///< "pbe" or "pbe+u" (values in data/hubbard_u.json)
  double kpoint_density = 30.0;      ///< n_i = max(1, ceil(density / |a_i|)) [Å]; 1 along the vacuum
  double ecutwfc_Ry = 60.0;
  double ecutrho_ratio = 8.0;        ///< ecutrho / ecutwfc; 4 is enough for norm-conserving pseudopotentials
  double encut_eV = 520.0;
  double smearing_eV = 0.05;         ///< width of the Gaussian
  std::string pseudo_dir = "./pseudo";
  bool vacuum = false;               ///< the cell has vacuum along its third vector, which is normal to the other two
  bool dipole_correction = false;    ///< exactly when there is vacuum and the slab is asymmetric
  std::string calculation = "scf";   ///< or "relax": the atoms, at a fixed cell
  std::vector<bool> frozen;          ///< per atom, for relax
  bool hubbard_card = false;         ///< U as QE 7.1 and later want it; 6.x wants lda_plus_u
};

/// File name -> content. qe: pw.in, atoms in the order of the crystal. vasp: INCAR, KPOINTS, POSCAR, POTCAR.labels and
/// atom_order.txt; POSCAR groups the atoms by element, and line i of atom_order.txt is the number (from 0) that atom i
/// of POSCAR has in the crystal.
using Deck = std::map<std::string, std::string>;

/// @param code "qe" or "vasp". @throws InputError for an unknown code, level or calculation, with a suggestion; for
/// atoms too close, less than 10 Å of vacuum, a dipole correction asked for where it does not belong or left out where
/// it does, a left-handed cell
NACRE_API Deck make_deck(std::string const& code, Crystal const& crystal, DeckOptions const& options = {});

/// Whether the slab looks different from its two sides: no operation of the crystal turns z over (within 1e-3 Å).
NACRE_API bool is_asymmetric_slab(Crystal const& crystal);

}  // namespace nacre
