#include "surface_window.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

KnownPhase read_reservoir(std::string const& file) {
  KnownPhase phase{std::filesystem::path(file).stem().string(), read_crystal(file), file};
  if (phase.crystal.oxidation.empty()) assign_oxidation(phase.crystal);
  phase.crystal.name = formula(phase.crystal);
  return phase;
}

/// "1000", "1000,0.2" or "1000,0.2,0.5": temperature [K], pressure [atm], correction of E(O2)/2 [eV].
double anion_potential(std::string const& text, double molecule) {
  auto const parts = split(text, ',');
  double numbers[3] = {0.0, 1.0, 0.0};
  bool fine = parts.size() >= 1 && parts.size() <= 3;
  for (std::size_t k = 0; fine && k < parts.size(); ++k) {
    auto const number = parse_double(trim(parts[k]));
    fine = number && std::isfinite(*number);
    if (fine) numbers[k] = *number;
  }
  require(fine, "malformed --oxygen '", text,
          "' (temperature in K, pressure in atm, correction in eV); write it as 1000,0.2");
  return molecule + numbers[2] + oxygen_potential(numbers[0], numbers[1]);
}

}  // namespace

void ReservoirOptions::declare(CommandLine& line) {
  line.option("--reservoirs", files,
              "structures of binary compounds, with commas between, beside those that ship with Nacre: their lowest "
              "phases bound the chemical potentials of slabs composed otherwise than their crystal");
  line.option("--cache", cache, "folder of energies of such phases computed before, or none");
  line.option("--oxygen", oxygen,
              "T[,p[,correction]]: exchange oxygen alone with the gas at T [K] and p [atm], E(O2)/2 corrected by eV; "
              "refused by models of fixed charges");
}

PhaseCache ReservoirOptions::phase_cache() const {
  if (cache == "none") return PhaseCache({});
  return PhaseCache(cache == "default" ? PhaseCache::default_folder() : std::filesystem::path(cache));
}

ChemicalWindow ReservoirOptions::window(Crystal const& bulk, double energy, Potential const& potential) const {
  std::vector<KnownPhase> more;
  for (auto const& file : files.empty() ? std::vector<std::string>{} : split(files, ',')) {
    more.push_back(read_reservoir(trim(file)));
  }
  auto window = chemical_window(bulk, energy, potential, phase_cache(), more);
  if (oxygen.empty()) return window;
  auto const molecule = oxygen_reservoir(potential);
  if (!molecule.failure.empty()) {
    window.failure = molecule.failure;
  } else if (window.anion == 8) {
    window.anion_potential = anion_potential(oxygen, molecule.energy);
  }
  return window;
}

Value potentials_at(ChemicalWindow const& window, std::size_t corner) {
  auto potentials = Value::object();
  for (std::size_t k = 0; k < window.corners(); ++k) potentials[window.reservoirs[k].formula] = window.mu(k, corner);
  return potentials;
}

Value to_value(ChemicalWindow const& window) {
  if (window.reservoirs.empty()) return {};
  auto list = Value::array();
  for (std::size_t k = 0; k < window.corners(); ++k) {
    auto const& r = window.reservoirs[k];
    list.push_back(Value::Object{{"formula", r.formula},
                                 {"phase", r.phase},
                                 {"per_crystal", r.in_crystal},
                                 {"mu_lowest_eV", window.lowest(k)},
                                 {"mu_highest_eV", r.energy}});
  }
  Value anion;
  if (window.anion_potential) anion = *window.anion_potential;
  return Value::Object{{"reservoirs", list},
                       {"crystal_energy_eV", window.crystal_energy},
                       {"formation_energy_eV", window.formation_energy},
                       {"anion_potential_eV", anion}};
}

std::vector<Crossing> find_crossings(std::vector<std::pair<double, double>> const& lines) {
  std::vector<Crossing> crossings;
  for (std::size_t a = 0; a < lines.size(); ++a) {
    for (std::size_t b = a + 1; b < lines.size(); ++b) {
      double const first = lines[a].first - lines[b].first, last = lines[a].second - lines[b].second;
      if (first == last) continue;  // parallel
      double const place = first / (first - last);
      if (place < 0.0 || place > 1.0) continue;
      crossings.push_back({a, b, place, lines[a].first + place * (lines[a].second - lines[a].first)});
    }
  }
  return crossings;
}

}  // namespace nacre
