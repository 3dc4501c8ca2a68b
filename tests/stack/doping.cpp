#include "nacre/stack/doping.hpp"

#include <numeric>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// Fluorite, conventional cells: four cations and eight anions each.
Crystal fluorite(int cation, int repeats) {
  Crystal cell;
  cell.lattice *= 5.4;
  cell.positions.resize(3, 12);
  cell.positions << 0, 0, .5, .5, .25, .25, .25, .25, .75, .75, .75, .75,  //
      0, .5, 0, .5, .25, .25, .75, .75, .25, .25, .75, .75,                //
      0, .5, .5, 0, .25, .75, .25, .75, .25, .75, .25, .75;
  cell.positions *= 5.4;
  cell.numbers = {cation, cation, cation, cation, 8, 8, 8, 8, 8, 8, 8, 8};
  cell.oxidation = {4, 4, 4, 4, -2, -2, -2, -2, -2, -2, -2, -2};
  return supercell(cell, {repeats, repeats, repeats});
}

double charge(Crystal const& crystal) {
  return std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
}

TEST(Doping, balances_acceptors_with_vacancies) {
  Rng rng(1, "test", 0);
  auto const crystal = fluorite(58, 3);

  auto const doped = dope(crystal, {}, parse_dopants("Gd:Ce:0.1"), rng);

  ASSERT_EQ(doped.layers.size(), 1u);
  EXPECT_EQ(doped.layers[0].sites, 108);
  EXPECT_EQ(doped.layers[0].acceptors, 10);  // 10.8 of 108: the nearest even number is 10
  EXPECT_EQ(doped.layers[0].vacancies, 5);
  EXPECT_NEAR(doped.layers[0].fraction(), 10.0 / 108.0, 1e-15);
  EXPECT_EQ(doped.crystal.size(), crystal.size() - 5);
  EXPECT_EQ(std::ranges::count(doped.crystal.numbers, 64), 10);
  EXPECT_EQ(std::ranges::count(doped.crystal.numbers, 8), 211);
  EXPECT_EQ(charge(doped.crystal), 0.0);
  EXPECT_EQ(doped.vacancies.cols(), 5);
}

TEST(Doping, counts_vacancies_by_the_charge) {
  Rng rng(1, "test", 0);

  auto const doped = dope(fluorite(58, 2), {}, parse_dopants("Ca:Ce:0.1"), rng);

  EXPECT_EQ(doped.layers[0].acceptors, 3);  // 3.2 of 32, a vacancy for each
  EXPECT_EQ(doped.layers[0].vacancies, 3);
  EXPECT_EQ(charge(doped.crystal), 0.0);
}

TEST(Doping, gives_two_dopants_sites_of_their_own) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed, "test", 0);
    auto const doped = dope(fluorite(58, 2), {}, parse_dopants("Gd:Ce:0.25,Y:Ce:0.25"), rng);

    EXPECT_EQ(std::ranges::count(doped.crystal.numbers, 64), 8);
    EXPECT_EQ(std::ranges::count(doped.crystal.numbers, 39), 8);
    EXPECT_EQ(charge(doped.crystal), 0.0);
  }
}

TEST(Doping, keeps_every_layer_to_itself) {
  auto lower = fluorite(58, 2), crystal = lower;
  auto const upper = fluorite(40, 2);
  auto const atoms = static_cast<Eigen::Index>(lower.size());
  crystal.lattice.col(2) *= 2.0;
  crystal.positions.conservativeResize(3, 2 * atoms);
  crystal.positions.rightCols(atoms) = upper.positions.colwise() + lower.lattice.col(2).eval();
  crystal.numbers.insert(crystal.numbers.end(), upper.numbers.begin(), upper.numbers.end());
  crystal.oxidation.insert(crystal.oxidation.end(), upper.oxidation.begin(), upper.oxidation.end());
  std::vector<int> layer(lower.size(), 1);
  layer.resize(crystal.size(), 2);

  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed, "test", 0);
    auto const doped = dope(crystal, layer, parse_dopants("1:Gd:Ce:0.12,2:Y:Zr:0.25"), rng);

    ASSERT_EQ(doped.layers.size(), 2u);
    EXPECT_EQ(doped.layers[0].acceptors, 4);
    EXPECT_EQ(doped.layers[1].acceptors, 8);
    for (int const name : {1, 2}) {
      double sum = 0.0;
      for (std::size_t i = 0; i < doped.crystal.size(); ++i)
        if (doped.layer[i] == name) sum += doped.crystal.oxidation[i];
      EXPECT_EQ(sum, 0.0);
    }
  }
}

TEST(Doping, draws_every_site_alike_and_repeats_itself) {
  auto const crystal = fluorite(58, 2);
  std::map<std::pair<double, double>, int> lower;
  int below = 0;
  for (std::uint64_t k = 0; k < 400; ++k) {
    Rng rng(7, "test", k), again(7, "test", k);
    auto const doped = dope(crystal, {}, parse_dopants("Gd:Ce:0.0625"), rng);
    EXPECT_EQ(doped.crystal.positions, dope(crystal, {}, parse_dopants("Gd:Ce:0.0625"), again).crystal.positions);
    for (std::size_t i = 0; i < doped.crystal.size(); ++i)
      below += doped.crystal.numbers[i] == 64 && doped.crystal.positions(2, static_cast<Eigen::Index>(i)) < 5.3 ? 1 : 0;
  }
  // 800 acceptors, half of the sites below: 400 ± 14 (hypergeometric); seeded, four standard errors
  EXPECT_NEAR(below, 400, 56);
}

TEST(Doping, refuses_by_name) {
  Rng rng(1, "test", 0);
  auto const refused = [&](std::string const& dopants, std::string const& word) {
    try {
      dope(fluorite(58, 1), {}, parse_dopants(dopants), rng);
      ADD_FAILURE() << dopants;
    } catch (InputError const& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refused("Nb:Ce:0.1", "donor");
  refused("Zr:Ce:0.1", "no vacancies");
  refused("Gd:Zr:0.1", "no Zr");
  refused("Gd:Ce:0.5,Y:Ce:1", "too few");
  refused("Gd:Ce:1.5", "fraction");
  refused("Gd:Ce:nan", "fraction");
  refused("Gd:Ce", "malformed");
  refused("", "malformed");
  refused("x:Gd:Ce:0.1", "layer");
  refused("3:Gd:Ce:0.1", "layer 3");
}

}  // namespace
}  // namespace nacre
