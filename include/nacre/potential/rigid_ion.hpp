/// Rigid-ion models: fixed point charges with pair terms between cations and oxygen and between oxygens, one published
/// set per file of data/potentials (docs and sources there).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// One kind of ion. An element with several of them is told apart by the oxidation states of the crystal.
struct IonSpecies {
  std::string name;        ///< "Ce4"
  int number = 0;          ///< atomic number
  double oxidation = 0.0;  ///< formal charge [e]
  double charge = 0.0;     ///< charge in the model [e]
};

struct IonPair {
  /// buckingham: A exp(-r/rho) - C/r^6; morse_r12: D [(1 - exp(-a (r - r0)))^2 - 1] + C/r^12
  enum class Form { buckingham, morse_r12 };
  std::string first, second;  ///< species names
  Form form = Form::buckingham;
  double strength = 0.0;       ///< A or D [eV]
  double length = 0.0;         ///< rho [Å]; for morse_r12 r0 [Å]
  double decay = 0.0;          ///< a [1/Å]; buckingham: 1/rho
  double power = 0.0;          ///< C [eV Å^6 or eV Å^12]
  double wall_radius = 0.0;    ///< below it B/r^n + D r^2 joined to the pair; 0: none [Å]
  double wall_exponent = 0.0;  ///< n
  bool recalled = false;       ///< the numbers come from memory; no publication was at hand to check them
};

struct NACRE_API RigidIonSet {
  std::string name, title, doi;
  std::vector<IonSpecies> species;
  std::vector<IonPair> pairs;
  std::vector<int> incomplete;  ///< elements that need terms which are not built (three-body); refused
  std::string refusal;          ///< why the whole set is recorded only; empty for a set that can be used
};

/// Names of the sets in data/potentials, sorted.
NACRE_API std::vector<std::string> rigid_ion_sets();
/// @throws InputError for an unknown name, with a suggestion
NACRE_API RigidIonSet read_rigid_ion_set(std::string const& name);
NACRE_API RigidIonSet parse_rigid_ion_set(std::string_view json, std::string const& origin);

/// Energy of two isolated ions at a distance [Å]: Coulomb, short-range terms with their truncation, wall and guard
/// [eV].
NACRE_API double pair_energy(RigidIonSet const& set, PotentialOptions const& options, std::string const& first,
                             std::string const& second, double distance);
/// Where the core guard of a pair ends; 0 for a pair that has none [Å].
NACRE_API double core_guard_radius(RigidIonSet const& set, std::string const& first, std::string const& second);

/// @param name what Potential::name gives
/// @throws InputError for a cutoff outside 4 .. 60 Å or a sum that is not built
NACRE_API std::shared_ptr<Potential const> make_rigid_ion(RigidIonSet const& set, PotentialOptions const& options,
                                                          std::string const& name);

}  // namespace nacre
