#include "nacre/crystal/crystal.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/mixed_valence.hpp"

namespace nacre {

double Crystal::volume() const { return std::abs(lattice.determinant()); }

void check(Crystal const& crystal, std::string const& origin) {
  auto const volume = crystal.volume();
  require(crystal.lattice.allFinite() && std::isfinite(volume), origin, ": lattice with a number that is not finite");
  double const edges = crystal.lattice.colwise().norm().prod();
  require(edges > 0.0 && volume > 1e-6 * edges, origin, ": cell of volume ", volume,
          " A^3 (the lattice vectors lie in a plane); check the lattice");
  require(crystal.size() > 0, origin, ": no atoms");
  require(crystal.positions.cols() == static_cast<Eigen::Index>(crystal.size()), origin, ": ", crystal.positions.cols(),
          " positions for ", crystal.size(), " atoms");
  require(crystal.oxidation.empty() || crystal.oxidation.size() == crystal.size(), origin, ": ",
          crystal.oxidation.size(), " oxidation states for ", crystal.size(), " atoms");
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    require(crystal.numbers[i] >= 1 && crystal.numbers[i] <= largest_atomic_number, origin, ": atom ", i + 1,
            " has atomic number ", crystal.numbers[i], " (known: 1 to ", largest_atomic_number, ")");
    require(crystal.positions.col(static_cast<Eigen::Index>(i)).allFinite(), origin, ": atom ", i + 1, " (",
            symbol(crystal.numbers[i]), ") has a position that is not finite");
    require(crystal.oxidation.empty() || std::isfinite(crystal.oxidation[i]), origin, ": atom ", i + 1, " (",
            symbol(crystal.numbers[i]), ") has an oxidation state that is not finite");
  }
}

Crystal supercell(Crystal const& crystal, Eigen::Vector3i const& repeats) {
  require((repeats.array() >= 1).all(), "invalid repeats (", repeats.x(), " ", repeats.y(), " ", repeats.z(),
          ") (each must be at least 1)");
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  Crystal result = crystal;
  result.lattice = crystal.lattice * repeats.cast<double>().asDiagonal();
  result.positions.resize(3, atoms * repeats.prod());
  result.numbers.clear();
  result.oxidation.clear();
  Eigen::Index next = 0;
  for (int i = 0; i < repeats.x(); ++i)
    for (int j = 0; j < repeats.y(); ++j)
      for (int k = 0; k < repeats.z(); ++k, next += atoms) {
        Eigen::Vector3d const shift = crystal.lattice * Eigen::Vector3d(i, j, k);
        result.positions.middleCols(next, atoms) = crystal.positions.colwise() + shift;
        result.numbers.insert(result.numbers.end(), crystal.numbers.begin(), crystal.numbers.end());
        result.oxidation.insert(result.oxidation.end(), crystal.oxidation.begin(), crystal.oxidation.end());
      }
  return result;
}

namespace {

std::map<int, int> composition(Crystal const& crystal) {
  std::map<int, int> counts;
  for (int const number : crystal.numbers) ++counts[number];
  return counts;
}

}  // namespace

int formula_units(Crystal const& crystal) {
  int divisor = 0;
  for (auto const& [number, count] : composition(crystal)) divisor = std::gcd(divisor, count);
  return divisor;
}

std::string formula(Crystal const& crystal) {
  auto const counts = composition(crystal);
  int const units = formula_units(crystal);
  std::vector<int> order;
  for (auto const& [number, count] : counts) order.push_back(number);
  auto const rank = [](int number) {  // without a value (noble gases): last
    return std::pair(electronegativity(number).value_or(std::numeric_limits<double>::infinity()), number);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  std::string text;
  for (int const number : order) {
    text += symbol(number);
    if (int const count = counts.at(number) / units; count > 1) text += std::to_string(count);
  }
  return text;
}

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

}  // namespace

void assign_oxidation(Crystal& crystal) {
  static Value const states = [] {
    auto const path = data_file("oxidation_states.json");
    return Value::parse_json(read_file(path), path.string()).at("states");
  }();
  std::vector<std::pair<std::string, int>> counts;
  std::vector<std::vector<int>> common, all;
  for (auto const& [number, count] : composition(crystal)) {
    counts.emplace_back(symbol(number), count);
    auto const choices = read_choices(states, counts.back().first);
    common.push_back(choices.common);
    all.push_back(choices.all);
  }
  auto found = neutral_choices(counts, common);
  if (found.empty()) found = neutral_choices(counts, all);
  if (std::any_of(found.begin(), found.end(), follows_electronegativity))
    std::erase_if(found, [](Charges const& charges) { return !follows_electronegativity(charges); });
  require(!found.empty(), "no neutral choice of oxidation states for ", formula(crystal),
          " (one charge per element, from data/oxidation_states.json", mixed(crystal), "); give the oxidation states");
  std::string list;
  for (auto const& charges : found) list += (list.empty() ? "" : ", or ") + describe(charges);
  require(found.size() == 1, "several neutral choices of oxidation states for ", formula(crystal), " (", list,
          "); give the oxidation states");
  set_oxidation(crystal, found.front());
}

}  // namespace nacre
