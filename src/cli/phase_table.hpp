/// Tables of phases that users bring: JSON or CSV.
#pragma once

#include <string>
#include <vector>

#include "nacre/crystal/phase_diagram.hpp"

namespace nacre {

/// A phase as a table has it.
struct TablePhase {
  Phase phase;
  double entropy = 0.0;  ///< configurational, of disordered phases [k_B per atom]
  std::string model;     ///< what gave the energy; empty: not said
};

/// JSON: an array of phases, or an object with "phases"; each has "formula" (or "composition": {symbol: amount}), an
/// energy, and maybe "name", "entropy_kB_per_formula", "model". CSV: the same as columns. The energy is one of
/// energy_eV_per_atom, formation_energy_eV_per_atom, energy_eV_per_formula or energy_eV (of the formula as written).
/// @throws InputError naming file and entry
std::vector<TablePhase> read_phase_table(std::string const& file);

}  // namespace nacre
