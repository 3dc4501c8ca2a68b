#include "nacre/potential/reservoirs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/relax.hpp"

namespace nacre {
namespace {

constexpr double whole = 1e-6;  // numbers of atoms are whole to this

std::map<int, double> count(std::vector<int> const& numbers) {
  std::map<int, double> counts;
  for (int const z : numbers) ++counts[z];
  return counts;
}

/// One charge per element, or nothing.
std::map<int, double> charges_of(Crystal const& crystal) {
  std::map<int, double> charges;
  for (std::size_t i = 0; i < crystal.oxidation.size(); ++i) {
    auto const [entry, made] = charges.emplace(crystal.numbers[i], crystal.oxidation[i]);
    if (!made && std::abs(entry->second - crystal.oxidation[i]) > whole) return {};
  }
  return charges;
}

/// Whether a phase is the neutral compound of cation and anion with these charges.
bool is_compound(KnownPhase const& phase, int cation, double charge, int anion, double anion_charge) {
  auto const counts = count(phase.crystal.numbers);
  if (counts.size() != 2 || !counts.contains(cation) || !counts.contains(anion)) return false;
  return std::abs(counts.at(cation) * charge + counts.at(anion) * anion_charge) < whole;
}

struct Lowest {
  std::optional<PhaseEnergy> energy;
  std::string failure;
  double work = 0.0;
};

Lowest lowest_phase(std::vector<KnownPhase> const& phases, int cation, double charge, int anion, double anion_charge,
                    Potential const& potential, PhaseCache const& cache) {
  Lowest lowest;
  for (auto const& phase : phases) {
    if (!is_compound(phase, cation, charge, anion, anion_charge)) continue;
    auto const energy = cache.get(phase, potential);
    lowest.work += energy.work;
    if (energy.status != Status::ok) {
      lowest.failure = energy.reason;
      continue;
    }
    if (!lowest.energy || energy.energy < lowest.energy->energy) lowest.energy = energy;
  }
  return lowest;
}

std::string join_symbols(std::set<int> const& numbers) {
  std::string text;
  for (int const z : numbers) text += (text.empty() ? "" : ", ") + std::string(symbol(z));
  return text;
}

}  // namespace

bool Excess::stoichiometric() const {
  return std::abs(anions) < whole && std::ranges::all_of(units, [](double u) { return std::abs(u) < whole; });
}

double ChemicalWindow::mu(std::size_t k, std::size_t corner) const {
  return reservoirs[k].energy + (k == corner ? formation_energy / reservoirs[k].in_crystal : 0.0);
}

double ChemicalWindow::lowest(std::size_t k) const { return mu(k, k); }

Excess ChemicalWindow::excess_of(std::vector<int> const& numbers) const {
  auto counts = count(numbers);
  Excess excess;
  double crystals = 1e300;
  for (auto const& r : reservoirs) crystals = std::min(crystals, counts[r.cation] / (r.in_crystal * r.cations));
  excess.crystals = std::floor(crystals + whole);
  double anions = counts[anion];
  for (auto const& r : reservoirs) {
    double const units = counts[r.cation] / r.cations - excess.crystals * r.in_crystal;
    excess.units.push_back(units);
    anions -= (units + excess.crystals * r.in_crystal) * r.anions;
    counts.erase(r.cation);
  }
  counts.erase(anion);
  require(counts.empty(), "element ", counts.empty() ? "" : symbol(counts.begin()->first),
          " is not in the crystal that the chemical potentials belong to");
  excess.anions = anions;
  return excess;
}

double ChemicalWindow::energy_of(Excess const& excess, std::size_t corner) const {
  double energy = 0.0;
  for (std::size_t k = 0; k < reservoirs.size(); ++k) energy += excess.units[k] * mu(k, corner);
  return energy;
}

ChemicalWindow chemical_window(Crystal const& bulk, double energy, Potential const& potential, PhaseCache const& cache,
                               std::vector<KnownPhase> const& more) {
  ChemicalWindow window;
  window.model = potential.identity();
  auto const charges = charges_of(bulk);
  std::set<int> anions, cations;
  for (auto const& [z, q] : charges) (q < 0.0 ? anions : cations).insert(z);
  if (anions.size() != 1 || cations.empty()) {
    window.failure = concat("no_reservoirs: ", formula(bulk),
                            " is no compound of cations with one anion and known charges (anions: ",
                            anions.empty() ? "none" : join_symbols(anions), ")");
    return window;
  }
  window.anion = *anions.begin();
  auto phases = more;
  auto const known = known_phases_of(bulk.numbers, potential);
  phases.insert(phases.end(), known.begin(), known.end());
  auto const amounts = amounts_of(bulk);
  std::map<int, double> per_formula;
  double atoms = 0.0;
  for (auto const& [name, amount] : amounts) {
    per_formula[*atomic_number(name)] = amount;
    atoms += amount;
  }
  window.crystal_energy = window.formation_energy = energy * atoms;
  for (auto const& [name, amount] : amounts) {
    int const z = *atomic_number(name);
    if (z == window.anion) continue;
    auto const found = lowest_phase(phases, z, charges.at(z), window.anion, charges.at(window.anion), potential, cache);
    window.work += found.work;
    if (!found.energy) {
      window.failure = found.failure.empty() ? concat("no_reservoirs: no phase of ", name, " and ",
                                                      symbol(window.anion), " is known; give --reservoir FILE")
                                             : concat("no_reservoirs: ", found.failure);
      return window;
    }
    Reservoir r;
    r.phase = found.energy->name;
    r.cation = z;
    double r_atoms = 0.0;
    for (auto const& [element, n] : found.energy->amounts) {
      r.formula += element + (n == 1.0 ? std::string() : concat(n));
      (element == name ? r.cations : r.anions) = n;
      r_atoms += n;
    }
    r.energy = found.energy->energy * r_atoms;
    r.in_crystal = amount / r.cations;
    window.formation_energy -= r.in_crystal * r.energy;
    window.reservoirs.push_back(r);
  }
  if (window.corners() == 1) window.formation_energy = 0.0;  // the crystal is the reservoir, in whatever phase
  if (window.formation_energy > 0.0) {
    window.failure = concat("empty_window: a formula unit of ", formula(bulk), " lies ", window.formation_energy,
                            " eV above its binary compounds in this model");
  }
  return window;
}

double oxygen_potential(double temperature, double pressure_atm) {
  static constexpr std::array<double, 11> steps{0.0,   -0.08, -0.17, -0.27, -0.38, -0.50,
                                                -0.61, -0.73, -0.85, -0.98, -1.10};
  require(temperature >= 0.0 && temperature <= 1000.0, "invalid temperature ", temperature,
          " K of oxygen (the table holds 0 to 1000 K)");
  require(pressure_atm > 0.0 && std::isfinite(pressure_atm), "invalid pressure ", pressure_atm,
          " atm of oxygen (must be positive)");
  auto const step = std::min<std::size_t>(static_cast<std::size_t>(temperature / 100.0), steps.size() - 2);
  double const part = temperature / 100.0 - static_cast<double>(step);
  return steps[step] + part * (steps[step + 1] - steps[step]) +
         0.5 * units::boltzmann_eV_per_K * temperature * std::log(pressure_atm);
}

OxygenReservoir oxygen_reservoir(Potential const& potential) {
  if (potential.fixed_charges()) {
    return {0.0, concat("oxygen_exchange: '", potential.name(),
                        "' has fixed charges and no energy for oxygen that takes or leaves electrons; use a potential "
                        "that is free of charges, or a neutral termination")};
  }
  Crystal molecule;
  molecule.lattice = Eigen::Vector3d(15.0, 15.5, 16.0).asDiagonal();
  molecule.positions = Eigen::Matrix3Xd::Constant(3, 2, 7.0);
  molecule.positions(2, 1) += 1.21;
  molecule.numbers = {8, 8};
  RelaxOptions options;
  options.fmax = 1e-4;
  auto const relaxed = relax(molecule, potential, options);
  if (!relaxed.converged) return {0.0, "oxygen_exchange: " + relaxed.reason + ": molecule of oxygen"};
  return {0.5 * relaxed.evaluation.energy, {}};
}

}  // namespace nacre
