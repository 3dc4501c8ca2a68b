#include "nacre/crystal/crystal.hpp"

#include <gmock/gmock.h>

#include <rapidcheck.h>
#include <Eigen/LU>
#include <limits>

#include "crystal/crystals.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::cubic;
using test::input_error_of;
using test::magnesia;
using test::strontium_titanate;
using testing::HasSubstr;

TEST(Elements, match_symbols_and_numbers) {
  for (int z = 1; z <= largest_atomic_number; ++z) EXPECT_EQ(atomic_number(symbol(z)), z);
  EXPECT_EQ(symbol(58), "Ce");
  EXPECT_EQ(symbol(94), "Pu");
  EXPECT_FALSE(atomic_number("ce"));
  EXPECT_FALSE(atomic_number(""));
}

TEST(Elements, have_standard_weights_and_electronegativities) {
  EXPECT_DOUBLE_EQ(atomic_mass(8), 15.999);  // IUPAC 2016, conventional
  EXPECT_DOUBLE_EQ(atomic_mass(58), 140.116);
  EXPECT_DOUBLE_EQ(*electronegativity(8), 3.44);
  EXPECT_FALSE(electronegativity(2));
  for (int z = 1; z < 92; ++z)  // the four known inversions of the periodic system: Ar/K, Co/Ni, Te/I; Th/Pa
    EXPECT_EQ(atomic_mass(z) < atomic_mass(z + 1), z != 18 && z != 27 && z != 52 && z != 90) << symbol(z);
}

TEST(Elements, suggest_the_near_symbol) {
  auto const message = input_error_of([] { require_atomic_number("Zx", "'a.vasp' line 6"); });

  EXPECT_THAT(message, HasSubstr("unknown element 'Zx' in 'a.vasp' line 6; did you mean"));
}

TEST(ShannonRadius, gives_the_crystal_radius_for_six_neighbours) {  // Shannon 1976, table 1
  EXPECT_DOUBLE_EQ(shannon_radius(8, -2), 1.26);
  EXPECT_DOUBLE_EQ(shannon_radius(22, 4), 0.745);
  EXPECT_DOUBLE_EQ(shannon_radius(38, 2), 1.32);
  EXPECT_DOUBLE_EQ(shannon_radius(40, 4), 0.86);
  EXPECT_DOUBLE_EQ(shannon_radius(58, 4), 1.01);
  EXPECT_DOUBLE_EQ(shannon_radius(26, 3), 0.785);  // high spin where both are tabulated
}

TEST(ShannonRadius, takes_the_nearest_coordination_where_six_is_missing) {
  EXPECT_DOUBLE_EQ(shannon_radius(7, -3), 1.32);  // only four neighbours are tabulated
}

TEST(ShannonRadius, refuses_ions_that_do_not_exist) {
  EXPECT_THAT(input_error_of([] { shannon_radius(8, 3); }), HasSubstr("no radius of the ion O with charge 3"));
  EXPECT_THROW(shannon_radius(22, 3.6), InputError);
}

TEST(DopantSite, knows_acceptors_and_donors) {
  EXPECT_EQ(dopant_site("Gd", "Ce").effective_charge(), -1.0);
  EXPECT_EQ(dopant_site("Y", "Zr").effective_charge(), -1.0);
  EXPECT_EQ(dopant_site("Al", "Ti").effective_charge(), -1.0);
  EXPECT_EQ(dopant_site("Sr", "La").effective_charge(), -1.0);
  EXPECT_EQ(dopant_site("Ca", "Zr").effective_charge(), -2.0);
  EXPECT_EQ(dopant_site("Y", "Mg").effective_charge(), 1.0);  // a donor: cation vacancies
  EXPECT_THAT(input_error_of([] { dopant_site("Cl", "Ce"); }), HasSubstr("listed: Gd"));
  EXPECT_THROW(dopant_site("Gd", "Xe"), InputError);
}

TEST(Formula, is_written_as_chemists_do) {
  EXPECT_EQ(formula(strontium_titanate()), "SrTiO3");
  EXPECT_EQ(formula(magnesia()), "MgO");
  EXPECT_EQ(formula_units(magnesia()), 4);
}

TEST(Oxidation, is_assigned_where_one_choice_is_neutral) {
  auto crystal = strontium_titanate();

  assign_oxidation(crystal);

  EXPECT_EQ(crystal.oxidation, (std::vector<double>{2, 4, -2, -2, -2}));
}

TEST(Oxidation, falls_back_to_rarer_charges) {  // LaMnO3: manganese 3+
  auto crystal = strontium_titanate();
  crystal.numbers[0] = 57;
  crystal.numbers[1] = 25;

  assign_oxidation(crystal);

  EXPECT_EQ(crystal.oxidation[1], 3.0);
}

TEST(Oxidation, gives_the_negative_charges_to_the_more_electronegative) {  // Li2PNO2: P5+ N3-, not P3- N5+
  auto oxynitride = cubic(9.0, {3, 3, 15, 7, 8, 8}, std::vector<Eigen::Vector3d>(6, {0, 0, 0}));

  assign_oxidation(oxynitride);

  EXPECT_EQ(oxynitride.oxidation, (std::vector<double>{1, 1, 5, -3, -2, -2}));
}

TEST(Oxidation, is_refused_where_no_or_several_choices_are_neutral) {
  auto metal = cubic(3.52, {28}, {{0, 0, 0}});
  EXPECT_THAT(input_error_of([&] { assign_oxidation(metal); }), HasSubstr("no neutral choice"));
  auto stannate = cubic(4.0, {26, 50, 8, 8, 8}, {{0, 0, 0}, {.5, .5, .5}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}});
  assign_oxidation(stannate);  // FeSnO3: only 2+ with 4+
  EXPECT_EQ(stannate.oxidation[0], 2.0);
  auto several = cubic(9.0, {26, 26, 27, 27, 8, 8, 8, 8, 8}, std::vector<Eigen::Vector3d>(9, {0, 0, 0}));  // Fe2Co2O5
  EXPECT_THAT(input_error_of([&] { assign_oxidation(several); }), HasSubstr("(Co+2 Fe+3 O-2, or Co+3 Fe+2 O-2)"));
}

TEST(Oxidation, from_a_table_must_be_complete_and_neutral) {
  auto crystal = magnesia();
  EXPECT_THAT(input_error_of([&] { set_oxidation(crystal, {{"Mg", 2}}); }), HasSubstr("no oxidation state for 'O'"));
  EXPECT_THAT(input_error_of([&] { set_oxidation(crystal, {{"Mg", 2}, {"O", -1}}); }), HasSubstr("total charge 4 e"));
  EXPECT_TRUE(crystal.oxidation.empty());

  set_oxidation(crystal, {{"Mg", 2}, {"O", -2}});

  EXPECT_EQ(crystal.oxidation.size(), 8u);
}

TEST(Supercell, repeats_every_atom_and_keeps_distances) {
  auto const crystal = magnesia();

  auto const large = supercell(crystal, {1, 2, 3});

  EXPECT_EQ(large.size(), 48u);
  EXPECT_NEAR(large.volume(), 6 * crystal.volume(), 1e-9);
  EXPECT_NEAR(shortest_distance(large).distance, shortest_distance(crystal).distance, 1e-12);
  EXPECT_EQ(large.positions.col(8), (crystal.positions.col(0) + crystal.lattice.col(2)).eval());
  EXPECT_THROW(supercell(crystal, {0, 1, 1}), InputError);
}

TEST(ShortestDistance, sees_bonds_and_periodic_images) {
  EXPECT_NEAR(shortest_distance(magnesia()).distance, 2.106, 1e-12);
  auto const lone = cubic(3.0, {28}, {{.1, .2, .3}});
  EXPECT_NEAR(shortest_distance(lone).distance, 3.0, 1e-12);
  auto molecule = cubic(1.0, {8, 1}, {{0, 0, 0}, {7, 0, 0}});  // outside its cell, not periodic
  molecule.periodic = {false, false, false};
  EXPECT_NEAR(shortest_distance(molecule).distance, 7.0, 1e-12);
  auto wire = molecule;
  wire.lattice = 8.0 * Eigen::Matrix3d::Identity();
  wire.periodic = {true, false, false};
  EXPECT_NEAR(shortest_distance(wire).distance, 1.0, 1e-12);
  molecule.numbers.pop_back();
  molecule.positions.conservativeResize(3, 1);
  EXPECT_EQ(shortest_distance(molecule).distance, std::numeric_limits<double>::infinity());
}

/// All pairs and images within two cells: slow and sure for cells that are not too skew.
double shortest_by_hand(Crystal const& crystal) {
  double best = std::numeric_limits<double>::infinity();
  for (Eigen::Index a = 0; a < crystal.positions.cols(); ++a)
    for (Eigen::Index b = 0; b < crystal.positions.cols(); ++b)
      for (int i = -2; i <= 2; ++i)
        for (int j = -2; j <= 2; ++j)
          for (int k = -2; k <= 2; ++k) {
            if (a == b && i == 0 && j == 0 && k == 0) continue;
            Eigen::Vector3d const shift = crystal.lattice * Eigen::Vector3d(i, j, k);
            best = std::min(best, (crystal.positions.col(b) + shift - crystal.positions.col(a)).norm());
          }
  return best;
}

TEST(ShortestDistance, agrees_with_all_pairs_on_random_cells) {
  auto const number = [](double low, double high) { return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6; };
  bool const holds = rc::check([&] {
    Crystal crystal;
    for (int i = 0; i < 9; ++i) crystal.lattice(i % 3, i / 3) = (i % 4 == 0 ? number(3.0, 9.0) : number(-1.0, 1.0));
    int const atoms = *rc::gen::inRange(1, 12);
    crystal.positions.resize(3, atoms);
    crystal.numbers.assign(static_cast<std::size_t>(atoms), 8);
    for (int i = 0; i < atoms; ++i)
      crystal.positions.col(i) = crystal.lattice * Eigen::Vector3d(number(0, 1), number(0, 1), number(0, 1));
    auto moved = crystal;  // whole lattice vectors and a common shift change nothing
    moved.positions.colwise() += Eigen::Vector3d(0.3, -17.0, 2.0);
    moved.positions.col(0) += 3 * crystal.lattice.col(1) - crystal.lattice.col(2);

    double const expected = shortest_by_hand(crystal);

    RC_ASSERT(std::abs(shortest_distance(crystal).distance - expected) < 1e-10);
    RC_ASSERT(std::abs(shortest_distance(moved).distance - expected) < 1e-10);
  });
  EXPECT_TRUE(holds);
}

TEST(Check, names_what_is_wrong) {
  auto const fails = [](auto change) {
    auto crystal = strontium_titanate();
    change(crystal);
    return input_error_of([&] { check(crystal, "'a.cif'"); });
  };
  EXPECT_EQ(fails([](Crystal&) {}), "");
  EXPECT_THAT(fails([](Crystal& c) { c.lattice.col(2) = c.lattice.col(1); }),
              HasSubstr("'a.cif': cell of volume 0 A^3"));
  EXPECT_THAT(fails([](Crystal& c) { c.lattice(0, 0) = std::nan(""); }), HasSubstr("not finite"));
  EXPECT_THAT(fails([](Crystal& c) { c.positions(1, 2) = std::nan(""); }), HasSubstr("atom 3 (O)"));
  EXPECT_THAT(fails([](Crystal& c) { c.numbers.pop_back(); }), HasSubstr("5 positions for 4 atoms"));
  EXPECT_THAT(fails([](Crystal& c) { c.numbers[0] = 0; }), HasSubstr("atomic number 0"));
  EXPECT_THAT(fails([](Crystal& c) { c.oxidation = {1.0}; }), HasSubstr("1 oxidation states for 5 atoms"));
  EXPECT_THAT(fails([](Crystal& c) { c = Crystal(); }), HasSubstr("no atoms"));
}

}  // namespace
}  // namespace nacre
