/// Input decks for DFT codes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct DeckOptions {
  std::string level = "pbe";
  double kpoint_density = 30.0;      ///< n_i = max(1, ceil(density / |a_i|)); 1 along the vacuum
  double ecutwfc_Ry = 60.0;
  double encut_eV = 520.0;
  std::string pseudo_dir = "./pseudo";
  bool vacuum = false;               ///< the cell has vacuum along its third vector
  bool dipole_correction = false;    ///< exactly when there is vacuum and the slab is asymmetric
  std::string calculation = "scf";   ///< or "relax"
  std::vector<bool> frozen;          ///< per atom, for relax
};

/// File name -> content. Never a POTCAR: its labels only (POTCAR.labels).
using Deck = std::map<std::string, std::string>;

/// @param code "qe" or "vasp". @throws InputError for an unknown code or level, with a suggestion; for atoms too close
NACRE_API Deck make_deck(std::string const& code, Crystal const& crystal, DeckOptions const& options = {});

/// Whether the slab looks different from its two sides: no operation of the crystal turns z over.
NACRE_API bool is_asymmetric_slab(Crystal const& crystal);

}  // namespace nacre
