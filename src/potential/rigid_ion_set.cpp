#include <algorithm>
#include <filesystem>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/rigid_ion.hpp"

namespace nacre {
namespace {

std::string text_or_empty(Value const& value, std::string_view key) {
  auto const* found = value.find(key);
  return found == nullptr || found->is_null() ? std::string() : found->as_string();
}

int element(std::string const& name, std::string const& origin) {
  auto const number = atomic_number(name);
  require(number.has_value(), "unknown element '", name, "' in '", origin, "'");
  return *number;
}

IonSpecies parse_species(Value const& value, std::string const& origin) {
  return {value.at("name").as_string(), element(value.at("element").as_string(), origin),
          value.at("oxidation").as_number(), value.at("charge_e").as_number()};
}

IonPair parse_pair(Value const& value, std::string const& origin) {
  IonPair pair;
  auto const& names = value.at("pair").as_array();
  require(names.size() == 2, "a pair of '", origin, "' does not name two species");
  pair.first = names[0].as_string();
  pair.second = names[1].as_string();
  auto const& form = value.at("form").as_string();
  if (form == "buckingham") {
    pair.form = IonPair::Form::buckingham;
    pair.strength = value.at("A_eV").as_number();
    pair.length = value.at("rho_A").as_number();
    pair.decay = 1.0 / pair.length;
    pair.power = value.at("C_eV_A6").as_number();
  } else {
    require(form == "morse_r12", "unknown form '", form, "' in '", origin, "' (known: buckingham, morse_r12)");
    pair.form = IonPair::Form::morse_r12;
    pair.strength = value.at("D_eV").as_number();
    pair.length = value.at("r0_A").as_number();
    pair.decay = value.at("a_per_A").as_number();
    pair.power = value.at("C_eV_A12").as_number();
  }
  if (auto const* wall = value.find("inner_wall")) {
    pair.wall_radius = wall->at("r0_A").as_number();
    pair.wall_exponent = wall->at("n").as_number();
  }
  pair.recalled = text_or_empty(value, "provenance") == "recalled";
  return pair;
}

bool same_pair(IonPair const& a, IonPair const& b) {
  return (a.first == b.first && a.second == b.second) || (a.first == b.second && a.second == b.first);
}

/// Species of `base` that the set does not have itself (same element and oxidation state), and the pairs between
/// species that both leave.
void extend(RigidIonSet& set, RigidIonSet const& base) {
  auto const own = [&](IonSpecies const& other) {
    return std::any_of(set.species.begin(), set.species.end(), [&](IonSpecies const& mine) {
      return mine.number == other.number && mine.oxidation == other.oxidation;
    });
  };
  auto const known = [&](std::string const& name) {
    return std::any_of(set.species.begin(), set.species.end(),
                       [&](IonSpecies const& mine) { return mine.name == name; });
  };
  std::vector<IonSpecies> inherited;
  std::copy_if(base.species.begin(), base.species.end(), std::back_inserter(inherited),
               [&](IonSpecies const& other) { return !own(other); });
  set.species.insert(set.species.end(), inherited.begin(), inherited.end());
  std::vector<IonPair> pairs;
  for (auto const& pair : base.pairs) {
    bool const replaced =
        std::any_of(set.pairs.begin(), set.pairs.end(), [&](IonPair const& p) { return same_pair(p, pair); });
    if (!replaced && known(pair.first) && known(pair.second)) pairs.push_back(pair);
  }
  set.pairs.insert(set.pairs.end(), pairs.begin(), pairs.end());
}

void check_names(RigidIonSet const& set, std::string const& origin) {
  for (auto const& pair : set.pairs) {
    for (auto const& name : {pair.first, pair.second}) {
      bool const known =
          std::any_of(set.species.begin(), set.species.end(), [&](IonSpecies const& s) { return s.name == name; });
      require(known, "unknown species '", name, "' in a pair of '", origin, "'");
    }
    require(pair.decay > 0.0, "the pair ", pair.first, "-", pair.second, " of '", origin, "' has no positive decay");
  }
}

}  // namespace

RigidIonSet parse_rigid_ion_set(std::string_view json, std::string const& origin) {
  auto const value = Value::parse_json(json, origin);
  RigidIonSet set;
  set.name = value.at("name").as_string();
  set.title = value.at("title").as_string();
  set.doi = text_or_empty(value, "doi");
  set.refusal = text_or_empty(value, "refusal");
  for (auto const& species : value.at("species").as_array()) set.species.push_back(parse_species(species, origin));
  for (auto const& pair : value.at("pairs").as_array()) set.pairs.push_back(parse_pair(pair, origin));
  if (auto const base = text_or_empty(value, "extends"); !base.empty()) extend(set, read_rigid_ion_set(base));
  if (auto const* incomplete = value.find("needs_three_body")) {
    for (auto const& name : incomplete->as_array()) set.incomplete.push_back(element(name.as_string(), origin));
  }
  check_names(set, origin);
  return set;
}

std::vector<std::string> rigid_ion_sets() {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator(data_file("potentials"))) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

RigidIonSet read_rigid_ion_set(std::string const& name) {
  auto const names = rigid_ion_sets();
  if (!std::binary_search(names.begin(), names.end(), name)) {
    input_error("unknown rigid-ion set '", name, "'", did_you_mean(name, names));
  }
  auto const path = data_file("potentials/" + name + ".json");
  return parse_rigid_ion_set(read_file(path), path.string());
}

std::vector<std::string> rigid_ion_sets_covering(std::vector<int> const& elements) {
  std::vector<std::string> covering;
  for (auto const& name : rigid_ion_sets()) {
    auto const set = read_rigid_ion_set(name);
    auto const covers = [&](int number) {
      return std::any_of(set.species.begin(), set.species.end(),
                         [&](IonSpecies const& s) { return s.number == number; }) &&
             std::find(set.incomplete.begin(), set.incomplete.end(), number) == set.incomplete.end();
    };
    if (set.refusal.empty() && std::all_of(elements.begin(), elements.end(), covers)) covering.push_back(name);
  }
  return covering;
}

}  // namespace nacre
