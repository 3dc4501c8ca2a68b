#include "nacre/potential/rigid_ion.hpp"

#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "potential/rigid_ion_pairs.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::for_each_pair;
using test::species;

TEST(RigidIonSets, have_parameters_for_every_species_they_name) {
  for (auto const& name : rigid_ion_sets()) {
    auto const set = read_rigid_ion_set(name);
    EXPECT_EQ(set.name, name);
    EXPECT_FALSE(set.title.empty());
    for (auto const& ion : set.species) {
      bool const bound = std::any_of(set.pairs.begin(), set.pairs.end(), [&](IonPair const& pair) {
        return (pair.first == ion.name && pair.second == "O") || (pair.second == ion.name && pair.first == "O");
      });
      EXPECT_TRUE(bound) << name << " " << ion.name;
      EXPECT_GT(ion.charge * ion.oxidation, 0.0) << name << " " << ion.name;
    }
  }
}

TEST(RigidIonSets, equal_the_reference_table) {
  auto const path = test::shared_file("reference/physics/potentials.json");
  NACRE_NEEDS_SHARED(path);
  auto const reference = Value::parse_json(read_file(path), path.string());
  for (auto const& [name, entry] : reference.at("sets").as_object()) {
    if (entry.find("pairs") == nullptr) continue;
    SCOPED_TRACE(name);
    auto const set = read_rigid_ion_set(name);
    for (auto const& printed : entry.at("pairs").as_array()) {
      auto const& names = printed.at("pair").as_array();
      auto const pair = std::find_if(set.pairs.begin(), set.pairs.end(), [&](IonPair const& p) {
        return p.first == names[0].as_string() && p.second == names[1].as_string();
      });
      ASSERT_NE(pair, set.pairs.end()) << names[0].as_string();
      bool const morse = pair->form == IonPair::Form::morse_r12;
      EXPECT_EQ(pair->strength, printed.at(morse ? "D" : "A").as_number());
      EXPECT_EQ(pair->length, printed.at(morse ? "r0" : "rho").as_number());
      EXPECT_EQ(pair->power, printed.at("C").as_number());
      EXPECT_EQ(species(set, pair->first).charge, entry.at("charges").at(pair->first).as_number());
    }
  }
}

TEST(RigidIonSets, label_what_is_recalled) {
  std::set<std::string> recalled;
  for_each_pair([&](RigidIonSet const& set, IonPair const& pair) {
    if (pair.recalled) recalled.insert(set.name + " " + pair.first);
  });
  EXPECT_EQ(recalled, (std::set<std::string>{"grimes Y", "grimes Zr", "lewis_catlow1985 Y"}));
}

TEST(RigidIonSets, extend_another_one) {
  auto const set = read_rigid_ion_set("bmp2021_delta");
  auto const pair = [&](std::string const& cation) {
    return *std::find_if(set.pairs.begin(), set.pairs.end(),
                         [&](IonPair const& p) { return p.first == cation && p.second == "O"; });
  };

  EXPECT_EQ(pair("O").power, 100.0);         // its own, not 22
  EXPECT_EQ(pair("Ti").strength, 0.024235);  // that of pedone2006
  EXPECT_EQ(pair("Mn2").power, 2.0);
  EXPECT_EQ(std::count_if(set.species.begin(), set.species.end(), [](IonSpecies const& s) { return s.number == 25; }),
            2);
  EXPECT_TRUE(std::none_of(set.pairs.begin(), set.pairs.end(), [](IonPair const& p) { return p.first == "Mn"; }));
}

TEST(RigidIonSets, cover_elements) {
  EXPECT_EQ(rigid_ion_sets_covering({58, 40, 38, 22, 8}),
            (std::vector<std::string>{"bmp2021_delta", "grimes", "lewis_catlow1985"}));
  EXPECT_EQ(rigid_ion_sets_covering({57, 13, 8}), (std::vector<std::string>{"du_teter", "grimes"}));
  EXPECT_TRUE(rigid_ion_sets_covering({63}).empty());
}

}  // namespace
}  // namespace nacre
