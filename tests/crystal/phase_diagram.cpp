#include "nacre/crystal/phase_diagram.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Phase phase(std::string const& formula, double energy) { return {formula, parse_symbols(formula), energy}; }

TEST(PhaseDiagram, measures_distances_from_the_hull) {  // SPEC.md F42
  PhaseDiagram const diagram({phase("A", 0.0), phase("B", 0.0), phase("AB", -1.0), phase("A3B", -0.3)});

  EXPECT_NEAR(diagram.hull_distance(3), 0.2, 1e-12);
  EXPECT_EQ(diagram.hull_distance(2), 0.0);
  EXPECT_NEAR(*diagram.decomposition_energy(2), -0.8, 1e-12);  // against A3B and B: -0.3 * 2/3
  EXPECT_NEAR(*diagram.decomposition_energy(3), 0.2, 1e-12);
  EXPECT_NEAR(*diagram.formation_energy(3), -0.3, 1e-12);
  EXPECT_FALSE(diagram.decomposition_energy(0).has_value());
}

TEST(PhaseDiagram, gives_reactions_a_negative_sign) {
  PhaseDiagram const diagram({phase("A", 0.0), phase("B", 0.0), phase("AB", -1.0), phase("A3B", -0.3)});

  auto const mixing = diagram.strongest_reaction(0, 1);
  auto const none = diagram.strongest_reaction(0, 2);

  EXPECT_NEAR(mixing.energy, -1.0, 1e-12);
  EXPECT_NEAR(mixing.share_a, 0.5, 1e-12);
  EXPECT_EQ(diagram.equation(0, 1, mixing), "A + B -> AB");
  EXPECT_EQ(none.energy, 0.0);
}

TEST(PhaseDiagram, counts_the_atoms_of_formula_units) {
  // shares are of atoms: 1 SrTiO3 (5 atoms) and 1 ZrO2 (3 atoms)
  PhaseDiagram const diagram({phase("SrTiO3", -1.0), phase("ZrO2", -1.0), phase("SrZrO3", -1.2), phase("TiO2", -1.0)});

  auto const reaction = diagram.strongest_reaction(0, 1);

  EXPECT_NEAR(reaction.energy, -0.2 * 5.0 / 8.0, 1e-12);
  EXPECT_NEAR(reaction.share_a, 5.0 / 8.0, 1e-12);
  EXPECT_EQ(diagram.equation(0, 1, reaction), "SrTiO3 + ZrO2 -> SrZrO3 + TiO2");
}

TEST(PhaseDiagram, writes_whole_numbers_of_formula_units) {
  PhaseDiagram const diagram(
      {phase("LaAlO3", 0.0), phase("ZrO2", 0.0), phase("La2Zr2O7", -1.0), phase("Al2O3", -0.1), phase("La2O3", 0.5)});

  EXPECT_EQ(diagram.equation(0, 1, diagram.strongest_reaction(0, 1)), "2 LaAlO3 + 2 ZrO2 -> La2Zr2O7 + Al2O3");
}

TEST(PhaseDiagram, parts_decomposition_of_a_phase_from_what_the_contact_adds) {
  PhaseDiagram const diagram({phase("AB", 0.1), phase("C", 0.0), phase("A", 0.0), phase("B", 0.0), phase("AC", -0.02)});

  auto const reaction = diagram.strongest_reaction(0, 1);

  EXPECT_NEAR(reaction.energy, -0.1, 1e-12);  // AB falls apart, whatever it touches
  EXPECT_NEAR(diagram.reaction_beyond_decomposition(0, 1), -0.02 * 2.0 / 3.0, 1e-12);  // AB + C -> B + AC
}

TEST(PhaseDiagram, lists_the_mixing_ratios_where_products_change) {
  PhaseDiagram const diagram({phase("A", 0.0), phase("B", 0.0), phase("AB", -1.0), phase("A3B", -0.8)});

  auto const kinks = diagram.reactions(0, 1);

  ASSERT_EQ(kinks.size(), 4u);
  double const shares[] = {0.0, 0.5, 0.75, 1.0}, energies[] = {0.0, -1.0, -0.8, 0.0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(kinks[i].share_a, shares[i], 1e-9);
    EXPECT_NEAR(kinks[i].energy, energies[i], 1e-9);
  }
}

TEST(PhaseDiagram, bears_single_phases_ties_and_polymorphs) {
  PhaseDiagram const one({phase("SrO", -5.0)});
  PhaseDiagram const ties({phase("A", 0.0), phase("A", 0.0), phase("B", 0.0), phase("AB", 0.0), phase("A2B2", 0.0)});

  EXPECT_EQ(one.hull_distance(0), 0.0);
  EXPECT_FALSE(one.decomposition_energy(0).has_value());
  EXPECT_EQ(one.strongest_reaction(0, 0).energy, 0.0);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(ties.hull_distance(i), 0.0);
  EXPECT_EQ(ties.strongest_reaction(0, 1).energy, 0.0);
  EXPECT_EQ(*ties.decomposition_energy(3), 0.0);
  EXPECT_THROW(PhaseDiagram({phase("A", std::nan(""))}), InputError);
}

/// In a space of five components every mixture of random phases is at least as high as the hull, and shifting energies
/// by a function linear in the composition changes no distance.
TEST(PhaseDiagram, holds_in_spaces_of_five_components) {
  std::string const symbols[] = {"A", "B", "C", "D", "E"};
  double const shift[] = {3.0, -2.0, 0.5, 7.0, -11.0};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed, "phases", 0);
    std::vector<Phase> phases, shifted;
    for (int i = 0; i < 40; ++i) {
      Phase p{concat("p", i), {}, rng.uniform(-1.0, 0.0)};
      for (auto const& symbol : symbols) {
        if (auto const n = std::floor(rng.uniform(0.0, 4.0)); n > 0.0) p.amounts.emplace_back(symbol, n);
      }
      if (p.amounts.empty()) p.amounts.emplace_back("A", 1.0);
      phases.push_back(p);
      double more = 0.0;
      for (auto const& [symbol, n] : p.amounts) more += n * shift[symbol[0] - 'A'];
      p.energy += more / p.atoms();
      shifted.push_back(p);
    }
    PhaseDiagram const diagram(phases), other(shifted);

    for (std::size_t i = 0; i < phases.size(); ++i) {
      auto const hull = diagram.lowest(phases[i].amounts);
      ASSERT_TRUE(hull.has_value());
      EXPECT_LE(hull->phases.size(), 5u);
      double share = 0.0, energy = 0.0;
      for (auto const& part : hull->phases) {
        share += part.share;
        energy += part.share * phases[part.phase].energy;
      }
      EXPECT_NEAR(share, 1.0, 1e-9);
      EXPECT_NEAR(energy, hull->energy, 1e-9);
      EXPECT_NEAR(diagram.hull_distance(i), other.hull_distance(i), 1e-8);  // roundings of energies near 10
    }
  }
}

}  // namespace
}  // namespace nacre
