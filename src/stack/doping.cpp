#include "nacre/stack/doping.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double anion_charge = -2.0;

/// The first `count` of the list after a shuffle, in increasing order.
std::vector<int> choose(std::vector<int> list, int count, Rng& rng) {
  for (int k = 0; k < count; ++k) {
    auto const left = list.size() - static_cast<std::size_t>(k);
    std::swap(list[static_cast<std::size_t>(k)], list[static_cast<std::size_t>(k) + rng.below(left)]);
  }
  list.resize(static_cast<std::size_t>(count));
  std::ranges::sort(list);
  return list;
}

std::vector<int> atoms_of(Crystal const& crystal, std::vector<int> const& layer, int number, int wanted) {
  std::vector<int> atoms;
  for (std::size_t i = 0; i < crystal.size(); ++i)
    if (crystal.numbers[i] == number && layer[i] == wanted) atoms.push_back(static_cast<int>(i));
  return atoms;
}

/// The acceptor's charge, and how many acceptors make up whole vacancies.
struct Balance {
  double dopant_charge;
  int acceptors_per_step, vacancies_per_step;
};

Balance balance_of(Dopant const& dopant) {
  auto const site = dopant_site(symbol(dopant.dopant), symbol(dopant.host));
  double const charge = site.effective_charge();
  auto const pair = concat(symbol(dopant.dopant), " on ", symbol(dopant.host));
  require(charge != 0.0, pair, " has the charge of its host: it makes no vacancies; choose an acceptor");
  require(charge < 0.0, pair, " is a donor: it makes cation vacancies, not oxygen vacancies; choose an acceptor");
  auto const whole = static_cast<int>(std::lround(-charge));
  int const divisor = std::gcd(whole, 2);
  return {site.dopant_charge, 2 / divisor, whole / divisor};
}

struct Change {
  std::vector<int> replaced, removed;
  int dopant = 0;
  double charge = 0.0;
  DopedLayer layer;
};

Change change_in(Crystal const& crystal, std::vector<int> const& layer, int number, Dopant const& dopant,
                 std::set<int>& taken, int anion, Rng& rng) {
  auto const balance = balance_of(dopant);
  auto const hosts = atoms_of(crystal, layer, dopant.host, number);
  auto free = hosts, anions = atoms_of(crystal, layer, anion, number);
  for (auto* list : {&free, &anions}) std::erase_if(*list, [&](int atom) { return taken.contains(atom); });
  Change change;
  change.dopant = dopant.dopant;
  change.charge = balance.dopant_charge;
  auto const sites = static_cast<int>(hosts.size());
  auto steps = std::llround(dopant.fraction * sites / balance.acceptors_per_step);
  steps = std::min<long long>(steps, sites / balance.acceptors_per_step);
  auto const acceptors = static_cast<int>(steps) * balance.acceptors_per_step;
  auto const vacancies = static_cast<int>(steps) * balance.vacancies_per_step;
  require(vacancies <= static_cast<int>(anions.size()), "layer ", number, " has ", anions.size(), " ", symbol(anion),
          ", too few for the ", vacancies, " vacancies of ", acceptors, " ", symbol(dopant.dopant));
  require(acceptors <= static_cast<int>(free.size()), "layer ", number, " has ", free.size(), " ", symbol(dopant.host),
          " left, too few for ", acceptors, " ", symbol(dopant.dopant), "; give smaller fractions");
  change.layer = {number, dopant.dopant, dopant.host, sites, acceptors, vacancies};
  change.replaced = choose(free, acceptors, rng);
  change.removed = choose(anions, vacancies, rng);
  taken.insert(change.removed.begin(), change.removed.end());
  taken.insert(change.replaced.begin(), change.replaced.end());
  return change;
}

}  // namespace

DopedCrystal dope(Crystal const& crystal, std::vector<int> const& layer, std::vector<Dopant> const& dopants, Rng& rng,
                  int anion) {
  require(!dopants.empty(), "no dopants (write them as Gd:Ce:0.1)");
  auto const layers = layer.empty() ? std::vector<int>(crystal.size(), 1) : layer;
  require(layers.size() == crystal.size(), layers.size(), " layer numbers for ", crystal.size(), " atoms");
  std::set<int> const names(layers.begin(), layers.end());
  DopedCrystal doped;
  auto numbers = crystal.numbers;
  auto charges = crystal.oxidation;
  std::set<int> taken, removed;
  for (auto const& dopant : dopants) {
    require(dopant.fraction > 0.0 && dopant.fraction <= 1.0, "invalid fraction ", dopant.fraction, " of ",
            symbol(dopant.dopant), " (above 0, at most 1)");
    bool found = false;
    for (int const name : names) {
      if (dopant.layer != 0 && dopant.layer != name) continue;
      if (atoms_of(crystal, layers, dopant.host, name).empty()) continue;
      found = true;
      auto const change = change_in(crystal, layers, name, dopant, taken, anion, rng);
      removed.insert(change.removed.begin(), change.removed.end());
      doped.layers.push_back(change.layer);
      for (int const atom : change.replaced) {
        numbers[static_cast<std::size_t>(atom)] = change.dopant;
        if (!charges.empty()) charges[static_cast<std::size_t>(atom)] = change.charge;
      }
    }
    require(found, "no ", symbol(dopant.host), " for ", symbol(dopant.dopant), " to replace",
            dopant.layer == 0 ? "" : concat(" in layer ", dopant.layer));
  }
  doped.crystal.lattice = crystal.lattice;
  doped.crystal.periodic = crystal.periodic;
  doped.crystal.name = crystal.name;
  doped.crystal.positions.resize(3, static_cast<Eigen::Index>(crystal.size() - removed.size()));
  doped.vacancies.resize(3, static_cast<Eigen::Index>(removed.size()));
  Eigen::Index kept = 0, empty = 0;
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    auto const position = crystal.positions.col(static_cast<Eigen::Index>(i));
    if (removed.contains(static_cast<int>(i))) {
      doped.vacancies.col(empty++) = position;
      doped.vacancy_layer.push_back(layers[i]);
      continue;
    }
    doped.crystal.positions.col(kept++) = position;
    doped.crystal.numbers.push_back(numbers[i]);
    if (!charges.empty()) doped.crystal.oxidation.push_back(charges[i]);
    doped.layer.push_back(layers[i]);
  }
  return doped;
}

std::vector<Dopant> parse_dopants(std::string const& text) {
  std::vector<Dopant> dopants;
  for (auto const& word : split(text, ',')) {
    auto parts = split(trim(word), ':');
    Dopant dopant;
    if (parts.size() == 4) {
      auto const layer = parse_integer(trim(parts[0]));
      require(layer && *layer >= 1 && *layer < 1'000'000, "malformed layer '", parts[0], "' in '", word, "'");
      dopant.layer = static_cast<int>(*layer);
      parts.erase(parts.begin());
    }
    auto const fraction = parts.size() == 3 ? parse_double(trim(parts[2])) : std::nullopt;
    require(fraction.has_value(), "malformed dopant '", word,
            "' (DOPANT:HOST:FRACTION, with the layer in front if one is meant); write it as Gd:Ce:0.1 or 1:Gd:Ce:0.1");
    dopant.dopant = require_atomic_number(trim(parts[0]), "the dopants");
    dopant.host = require_atomic_number(trim(parts[1]), "the dopants");
    dopant.fraction = *fraction;
    dopants.push_back(dopant);
  }
  return dopants;
}

}  // namespace nacre
