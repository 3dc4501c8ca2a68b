#include "nacre/transport/bond_valence_sums.hpp"

#include <gmock/gmock.h>

#include "ionic_crystals.hpp"
#include "nacre/transport/bond_valence.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Rock salt MgO with the lattice constant at which `sum` of every ion is `valence`.
Crystal balanced_magnesia(double valence) {
  double low = 3.0, high = 8.0;
  auto crystal = test::magnesia();
  crystal.oxidation = {2, 2, 2, 2, -2, -2, -2, -2};
  for (int i = 0; i < 60; ++i) {
    double const a = 0.5 * (low + high);
    crystal.positions *= a / crystal.lattice(0, 0);
    crystal.lattice = a * Eigen::Matrix3d::Identity();
    (bond_valence_mismatch(crystal)[0] > valence - 2.0 ? low : high) = a;
  }
  return crystal;
}

TEST(BondValenceSums, are_plain_sums_over_the_ions_around) {
  auto crystal = test::magnesia();
  crystal.oxidation = {2, 2, 2, 2, -2, -2, -2, -2};
  auto const pair = require_bond_valence_pair({12, 2}, {8, -2});
  double sum = 0.0;
  for (int i = -5; i <= 5; ++i)
    for (int j = -5; j <= 5; ++j)
      for (int k = -5; k <= 5; ++k) {
        double const r = 4.212 / 2.0 * Eigen::Vector3d(i, j, k).norm();
        if ((i + j + k) % 2 != 0 && r < 10.0) sum += std::exp(pair.alpha * (pair.r0 - r));
      }

  auto const mismatch = bond_valence_mismatch(crystal);

  for (double const value : mismatch) EXPECT_NEAR(value, sum - 2.0, 1e-12);
  EXPECT_NEAR(instability_index(mismatch), std::abs(sum - 2.0), 1e-12);
}

TEST(BondValenceSums, index_is_zero_where_every_sum_is_the_charge) {
  EXPECT_NEAR(instability_index(bond_valence_mismatch(balanced_magnesia(2.0))), 0.0, 1e-9);  // bisection
}

TEST(BondValenceSums, do_not_change_with_a_supercell_or_the_cell_of_an_atom) {
  auto crystal = test::skew_crystal();
  crystal.numbers[3] = 3;
  crystal.oxidation[3] = 1;  // Li+ P5+ O2-: charges need not cancel
  auto moved = crystal;
  moved.positions.col(2) += 3.0 * crystal.lattice.col(1);

  auto const expected = bond_valence_mismatch(crystal), other = bond_valence_mismatch(moved);
  auto const twice = bond_valence_mismatch(supercell(crystal, {1, 2, 1}));

  for (std::size_t a = 0; a < 4; ++a) EXPECT_NEAR(other[a], expected[a], 1e-10);
  EXPECT_NEAR(instability_index(twice), instability_index(expected), 1e-10);
}

TEST(BondValenceSums, of_a_contact_count_the_ions_on_each_side) {
  Crystal crystal;
  crystal.lattice = Eigen::Vector3d(10, 10, 30).asDiagonal();
  crystal.numbers = {8, 8, 12, 12};
  crystal.positions.resize(3, 4);
  crystal.positions << 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 11, 20;
  std::vector<double> const mismatch{5.0, -0.3, 0.4, 7.0};

  auto const contacts = contact_mismatch(crystal, mismatch, {1, 1, 2, 2});

  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_DOUBLE_EQ(contacts[0].lower, 0.3);
  EXPECT_DOUBLE_EQ(contacts[0].upper, 0.4);
  EXPECT_DOUBLE_EQ(contacts[0].both, std::sqrt(0.125));
  EXPECT_THROW(contact_mismatch(crystal, mismatch, {1, 1, 1, 1}), InputError);
  EXPECT_THROW(contact_mismatch(crystal, mismatch, {1, 2}), InputError);
}

TEST(BondValenceSums, refuse_pairs_without_parameters) {
  auto crystal = test::magnesia();
  EXPECT_THAT(test::input_error_of([&] { bond_valence_mismatch(crystal); }), testing::HasSubstr("no oxidation states"));
  crystal.oxidation = {4, 4, 4, 4, -4, -4, -4, -4};
  EXPECT_THAT(test::input_error_of([&] { bond_valence_mismatch(crystal); }),
              testing::HasSubstr("no bond-valence parameters"));
}

}  // namespace
}  // namespace nacre
