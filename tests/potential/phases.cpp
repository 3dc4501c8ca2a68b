#include "nacre/potential/phases.hpp"

#include <algorithm>
#include <filesystem>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::shared_ptr<Potential const> plain_model(std::string const& set) {
  PotentialOptions options;
  options.taper = false;  // as the numbers of the guide
  return make_potential("rigid-ion:" + set, options);
}

KnownPhase const& known(std::string const& name) {
  auto const& phases = known_phases();
  return *std::find_if(phases.begin(), phases.end(), [&](auto const& p) { return p.name == name; });
}

TEST(KnownPhases, hold_the_phases_that_oxide_contacts_turn_into) {  // definitions.md 3
  for (auto const* formula : {"SrZrO3", "La2Zr2O7", "BaZrO3", "CaZrO3", "MgAl2O4", "SrAl2O4", "Y2O3", "La2O3", "YAlO3",
                              "La2Ti2O7", "MgO", "SrO", "CaO", "BaO", "TiO2", "ZrO2", "Al2O3", "CeO2", "Gd2O3"}) {
    auto const& phases = known_phases();
    EXPECT_TRUE(std::any_of(phases.begin(), phases.end(), [&](auto const& p) { return p.crystal.name == formula; }))
        << formula;
  }
}

TEST(KnownPhases, are_neutral_crystals_without_ions_on_each_other) {
  for (auto const& phase : known_phases()) {
    double charge = 0.0;
    for (double const q : phase.crystal.oxidation) charge += q;
    EXPECT_EQ(charge, 0.0) << phase.name;
    EXPECT_GT(shortest_distance(phase.crystal).distance, 1.3) << phase.name;
    EXPECT_FALSE(phase.source.empty()) << phase.name;
  }
}

TEST(PhaseEnergy, agrees_with_the_relaxed_energies_of_the_guide) {  // potentials.md 3, eV/atom
  struct Case {
    char const *name, *set;
    double energy;
  };
  for (auto const& c : {Case{"MgO", "grimes", -20.590980}, Case{"SrO", "grimes", -16.561029},
                        Case{"Al2O3", "grimes", -32.231637}, Case{"TiO2 rutile", "grimes", -40.782449},
                        Case{"LaAlO3 cubic", "grimes", -28.999809}, Case{"Y2O3", "grimes", -27.098001},
                        Case{"MgAl2O4", "pedone2006", -12.209259}, Case{"Sc2O3", "pedone2006", -11.525458}}) {
    auto const energy = phase_energy(known(c.name), *plain_model(c.set));

    EXPECT_EQ(energy.status, Status::ok) << c.name;
    // two minimisers at a truncation without taper: energies jump by 1e-5 where a shell crosses it
    EXPECT_NEAR(energy.energy + energy.gain, c.energy, 2e-5) << c.name;
  }
}

TEST(PhaseEnergy, finds_the_textbook_reactions_of_zirconia) {  // definitions.md 3
  auto const model = make_potential("rigid-ion:grimes");
  std::vector<Phase> list;
  for (auto const& phase : known_phases_of({8, 13, 22, 38, 40, 57}, *model)) {
    if (phase.name == "La2Ti2O7") continue;  // in no reaction here, and it has the largest cell
    auto const energy = phase_energy(phase, *model);
    list.push_back({energy.name, energy.amounts, energy.energy});
  }
  PhaseDiagram const diagram(list);
  auto const place = [&](std::string const& name) {
    return static_cast<std::size_t>(std::ranges::find(list, name, &Phase::name) - list.begin());
  };

  auto const titanate = diagram.strongest_reaction(place("SrTiO3 cubic"), place("ZrO2 cubic"));
  auto const aluminate = diagram.strongest_reaction(place("LaAlO3 cubic"), place("ZrO2 cubic"));

  EXPECT_LT(titanate.energy, -0.03);  // the limit of definitions.md 3
  EXPECT_LT(aluminate.energy, -0.03);
  EXPECT_EQ(diagram.equation(place("SrTiO3 cubic"), place("ZrO2 cubic"), titanate),
            "SrTiO3 cubic + ZrO2 cubic -> TiO2 rutile + SrZrO3 orthorhombic");
  EXPECT_EQ(diagram.equation(place("LaAlO3 cubic"), place("ZrO2 cubic"), aluminate),
            "2 LaAlO3 cubic + 2 ZrO2 cubic -> Al2O3 + La2Zr2O7 pyrochlore");
}

TEST(PhaseCache, computes_once_per_model_and_never_mixes_models) {
  test::TemporaryFolder const folder;
  PhaseCache const cache(folder.path());
  auto const grimes = make_potential("rigid-ion:grimes"), pedone = make_potential("rigid-ion:pedone2006");

  auto const first = cache.get(known("MgO"), *grimes);
  auto const other = cache.get(known("MgO"), *pedone);
  std::filesystem::path file;
  for (auto const& entry : std::filesystem::directory_iterator(folder.path() / "phases")) {
    if (phase_energy_from(read_file(entry.path())).model == grimes->identity()) file = entry.path();
  }
  auto planted = first;
  planted.energy = -1.0;  // a value that only the file has
  write_file(file, to_text(planted));

  EXPECT_EQ(cache.get(known("MgO"), *grimes).energy, -1.0);
  EXPECT_EQ(cache.get(known("MgO"), *pedone).energy, other.energy);
  planted.model = pedone->identity();
  write_file(file, to_text(planted));  // a file of another model under this name is passed over
  EXPECT_EQ(cache.get(known("MgO"), *grimes).energy, first.energy);
  write_file(file, "rubbish");
  EXPECT_EQ(cache.get(known("MgO"), *grimes).energy, first.energy);
}

}  // namespace
}  // namespace nacre
