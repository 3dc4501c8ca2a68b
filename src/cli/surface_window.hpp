/// Chemical potentials for `nacre surface` and `nacre adhesion`: which reservoirs, and how their lines are printed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nacre/cli/command.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/reservoirs.hpp"

namespace nacre {

struct ReservoirOptions {
  std::string files, cache = "default", oxygen;

  void declare(CommandLine& line);
  PhaseCache phase_cache() const;
  /// @param bulk with its energy per atom at its own lattice [eV]
  ChemicalWindow window(Crystal const& bulk, double energy, Potential const& potential) const;
};

/// {"reservoirs": [...], "formation_energy_eV", "anion_potential_eV"}; null without a window.
Value to_value(ChemicalWindow const& window);
/// mu of every reservoir at a corner, by formula [eV per formula unit].
Value potentials_at(ChemicalWindow const& window, std::size_t corner);

/// Where two lines over a window with two corners cross.
struct Crossing {
  std::size_t a, b;  ///< indices of the lines
  double place;      ///< 0 at corner 0, 1 at corner 1
  double energy;     ///< [J/m^2]
};
/// @param lines energies at corner 0 and corner 1 [J/m^2]
std::vector<Crossing> find_crossings(std::vector<std::pair<double, double>> const& lines);

}  // namespace nacre
