/// Chemical potentials of neutral binary compounds, with which a surface or a contact of another composition than its
/// crystal exchanges atoms (definitions.md 3). Defined for every model; exchange of the anion alone is not, where
/// charges are fixed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/phases.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// A binary compound of one cation of a crystal and its anion, in its lowest phase.
struct Reservoir {
  std::string formula;      ///< "La2O3"
  std::string phase;        ///< which phase is the lowest
  int cation = 0;           ///< atomic number
  double cations = 1.0;     ///< per formula unit
  double anions = 1.0;
  double energy = 0.0;      ///< per formula unit [eV]
  double in_crystal = 0.0;  ///< formula units in a formula unit of the crystal
};

/// What the atoms of a layer are: formula units of the crystal, of the reservoirs, and anions left over.
struct NACRE_API Excess {
  double crystals = 0.0;
  std::vector<double> units;  ///< per reservoir, none negative
  double anions = 0.0;        ///< 0 if the atoms are neutral compounds
  bool stoichiometric() const;
};

/// Where a crystal A of reservoirs k, A = sum n_k k, is in equilibrium with itself and no reservoir falls out:
/// sum n_k mu_k = E_A, mu_k <= E_k. Its corners: all reservoirs but one at their energy.
struct NACRE_API ChemicalWindow {
  std::vector<Reservoir> reservoirs;  ///< in the order in which formulas are written; one: a point, two: a line
  int anion = 0;
  double crystal_energy = 0.0;    ///< per formula unit [eV]
  double formation_energy = 0.0;  ///< of a formula unit from the reservoirs; not above 0 [eV]
  std::optional<double> anion_potential;  ///< of an anion that is exchanged alone [eV]; none: such slabs are refused
  std::string failure;            ///< why there is no window: a code and, behind a colon, the reason
  std::string model;              ///< identity
  double work = 0.0;

  std::size_t corners() const { return reservoirs.size(); }
  /// mu_k at a corner, where reservoir `corner` is as poor as can be and all others are rich [eV per formula unit].
  double mu(std::size_t k, std::size_t corner) const;
  /// Lowest mu_k; the highest is its energy.
  double lowest(std::size_t k) const;
  /// @throws InputError for an element that neither crystal nor reservoirs have
  Excess excess_of(std::vector<int> const& numbers) const;
  /// Chemical energy of the units at a corner [eV], the crystal's not included.
  double energy_of(Excess const& excess, std::size_t corner) const;
};

/// @param bulk with formal charges, one anion; @param energy per atom, of the crystal at its own lattice [eV]
/// @param more phases brought by the user, looked at before those that ship with Nacre
NACRE_API ChemicalWindow chemical_window(Crystal const& bulk, double energy, Potential const& potential,
                                         PhaseCache const& cache, std::vector<KnownPhase> const& more = {});

/// Chemical potential of oxygen relative to half a molecule at 0 K, from the JANAF tables as K. Reuter and M. Scheffler,
/// Phys. Rev. B 65, 035406 (2001), table I, print them: -0.27 eV at 300 K, -1.10 eV at 1000 K (1 atm), linear between
/// their steps of 100 K; (k_B T / 2) ln p for other pressures. @throws InputError outside of 0 to 1000 K
NACRE_API double oxygen_potential(double temperature, double pressure_atm = 1.0);

/// Energy of half an O2 molecule in the model [eV]; the reason in `failure` for one whose charges are fixed.
struct OxygenReservoir {
  double energy = 0.0;
  std::string failure;
};
NACRE_API OxygenReservoir oxygen_reservoir(Potential const& potential);

}  // namespace nacre
