#include "nacre/transport/fixed_charge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double least_anion = 2.5;  // electronegativity of an element that may be the anion of an oxide, halide, ...
constexpr int hydrogen = 1, carbon = 6, oxygen = 8;

// cations that change their charge at the temperatures and pressures of membranes: where they move, electrons do, too
constexpr std::array mixed_valence{22, 23, 24, 25, 26, 27, 28, 29, 41, 42, 58, 59, 62, 63, 65, 70, 74};

bool has(Crystal const& crystal, int number) { return std::ranges::find(crystal.numbers, number) != crystal.numbers.end(); }

std::string composition_refusal(Crystal const& crystal) {
  bool const anion = std::ranges::any_of(
      crystal.numbers, [](int z) { return z != carbon && electronegativity(z).value_or(0.0) > least_anion; });
  if (!anion) return "metal: " + formula(crystal) + " has no anions";
  if (has(crystal, hydrogen) && has(crystal, oxygen))
    return "hydroxyl: " + formula(crystal) + " has O-H bonds, which are not ionic";
  if (has(crystal, carbon) && has(crystal, oxygen))
    return "carbonate: " + formula(crystal) + " has C-O bonds, which are not ionic";
  return {};
}

std::string valence_refusal(Crystal const& crystal, int species) {
  std::map<int, std::set<double>> charges;
  for (std::size_t i = 0; i < crystal.oxidation.size(); ++i) charges[crystal.numbers[i]].insert(crystal.oxidation[i]);
  for (auto const& [number, found] : charges) {
    bool const whole = std::ranges::all_of(found, [](double q) { return std::abs(q - std::round(q)) < 1e-6; });
    if (found.size() > 1 || !whole)
      return concat("mixed_valence: ", symbol(number), " has ", whole ? "several charges" : "a fractional charge",
                    " in ", formula(crystal), ", so electrons move as well");
  }
  auto const own = charges.find(species);
  bool const cation = own != charges.end() && *own->second.begin() > 0.0;
  if (cation && std::ranges::find(mixed_valence, species) != mixed_valence.end())
    return concat("mixed_valence: ", symbol(species), " changes its charge where it moves");
  return {};
}

}  // namespace

std::string charge_balance_refusal(Crystal const& crystal, int species) {
  if (crystal.oxidation.empty()) return {};
  double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
  double own = 0.0;
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    if (crystal.numbers[i] == species) own = crystal.oxidation[i];
  }
  if (std::abs(sum) < 1e-6 || std::abs(sum - own) < 1e-6 || std::abs(sum + own) < 1e-6) return {};
  return concat("redox: the formal charges of ", formula(crystal), " sum to ", sum,
                ", which no vacancy of the mobile species balances");
}

bool has_fixed_charges(Potential const& potential) { return potential.name().find("rigid-ion:") != std::string::npos; }

std::string bonding_refusal(Crystal const& crystal, Potential const& potential) {
  return crystal.size() > 0 && has_fixed_charges(potential) ? composition_refusal(crystal) : std::string();
}

std::string fixed_charge_refusal(Crystal const& crystal, int species) {
  for (auto const& reason : {composition_refusal(crystal), valence_refusal(crystal, species), charge_balance_refusal(crystal, species)}) {
    if (!reason.empty()) return reason;
  }
  return {};
}

}  // namespace nacre
