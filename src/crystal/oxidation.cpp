#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/charge_balance.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/mixed_valence.hpp"

namespace nacre {

void set_oxidation(Crystal& crystal, std::map<std::string, double> const& charges) {
  std::vector<double> oxidation;
  double sum = 0.0;
  for (int const number : crystal.numbers) {
    auto const found = charges.find(std::string(symbol(number)));
    require(found != charges.end(), "no oxidation state for '", symbol(number), "' in ", formula(crystal),
            "; give one for each element");
    oxidation.push_back(found->second);
    sum += found->second;
  }
  std::string given;
  for (auto const& [name, charge] : charges) given += concat(given.empty() ? "" : ", ", name, " ", charge);
  require(std::abs(sum) <= 1e-6, "total charge ", sum, " e of ", formula(crystal), " with ", given,
          " (a crystal must be neutral); correct the oxidation states");
  crystal.oxidation = std::move(oxidation);
}

namespace {

using Charges = std::map<std::string, double>;

struct Choices {
  std::vector<int> common, all;
};

Choices read_choices(Value const& states, std::string const& name) {
  auto const* entry = states.find(name);
  require(entry, "no common oxidation state of '", name, "' is known (data/oxidation_states.json); give it");
  Choices choices;
  for (auto const& charge : entry->at("common").as_array())
    choices.common.push_back(static_cast<int>(charge.as_integer()));
  choices.all = choices.common;
  for (auto const& charge : entry->at("other").as_array()) choices.all.push_back(static_cast<int>(charge.as_integer()));
  return choices;
}

/// All ways to give each element one of its charges so that the sum is zero.
std::vector<Charges> neutral_choices(std::vector<std::pair<std::string, int>> const& counts,
                                     std::vector<std::vector<int>> const& choices) {
  std::vector<Charges> found;
  std::vector<std::size_t> index(counts.size(), 0);
  for (;;) {
    int sum = 0;
    for (std::size_t e = 0; e < counts.size(); ++e) sum += counts[e].second * choices[e][index[e]];
    if (sum == 0) {
      auto& charges = found.emplace_back();
      for (std::size_t e = 0; e < counts.size(); ++e) charges[counts[e].first] = choices[e][index[e]];
    }
    std::size_t e = 0;  // next combination
    while (e < counts.size() && ++index[e] == choices[e].size()) index[e++] = 0;
    if (e == counts.size()) return found;
  }
}

/// Whether every anion is more electronegative than every cation.
bool follows_electronegativity(Charges const& charges) {
  double highest_cation = 0.0, lowest_anion = 10.0;
  for (auto const& [name, charge] : charges) {
    double const value = electronegativity(*atomic_number(name)).value_or(charge > 0.0 ? 0.0 : 10.0);
    if (charge > 0.0) highest_cation = std::max(highest_cation, value);
    if (charge < 0.0) lowest_anion = std::min(lowest_anion, value);
  }
  return lowest_anion > highest_cation;
}

std::string describe(Charges const& charges) {
  std::string text;
  for (auto const& [name, charge] : charges)
    text += concat(text.empty() ? "" : " ", name, charge > 0 ? "+" : "", charge);
  return text;
}

/// "; mixed valence ..." where that is why no single charge fits.
std::string mixed(Crystal const& crystal) {
  auto const warning = mixed_valence_warning(crystal);
  return warning.empty() ? warning : "; " + warning;
}

Value const& charge_states() {
  static Value const states = [] {
    auto const path = data_file("oxidation_states.json");
    return Value::parse_json(read_file(path), path.string()).at("states");
  }();
  return states;
}

/// One charge for each element: common states first, others where no choice of those is neutral; of several those whose
/// anions are more electronegative than the cations.
std::vector<Charges> neutral_guesses(Crystal const& crystal) {
  auto const& states = charge_states();
  std::vector<std::pair<std::string, int>> counts;
  std::vector<std::vector<int>> common, all;
  std::map<int, int> composition;
  for (int const number : crystal.numbers) ++composition[number];
  for (auto const& [number, count] : composition) {
    counts.emplace_back(symbol(number), count);
    auto const choices = read_choices(states, counts.back().first);
    common.push_back(choices.common);
    all.push_back(choices.all);
  }
  auto found = neutral_choices(counts, common);
  if (found.empty()) found = neutral_choices(counts, all);
  if (std::any_of(found.begin(), found.end(), follows_electronegativity))
    std::erase_if(found, [](Charges const& charges) { return !follows_electronegativity(charges); });
  return found;
}

}  // namespace

bool has_neutral_choice(Crystal const& crystal) {
  bool const one_element = std::ranges::all_of(crystal.numbers, [&](int z) { return z == crystal.numbers.front(); });
  bool const known = std::ranges::all_of(crystal.numbers, [](int z) { return charge_states().find(symbol(z)) != nullptr; });
  return one_element || !known || !neutral_guesses(crystal).empty();
}

void assign_oxidation(Crystal& crystal) {
  auto const found = neutral_guesses(crystal);
  require(!found.empty(), "no neutral choice of oxidation states for ", formula(crystal),
          " (one charge per element, from data/oxidation_states.json", mixed(crystal), "); give the oxidation states");
  std::string list;
  for (auto const& charges : found) list += (list.empty() ? "" : ", or ") + describe(charges);
  require(found.size() == 1, "several neutral choices of oxidation states for ", formula(crystal), " (", list,
          "); give the oxidation states");
  set_oxidation(crystal, found.front());
}

}  // namespace nacre
