#include "nacre/potential/charge_equilibration.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

Crystal molecule(std::vector<int> const& numbers, double distance) {
  Crystal crystal;
  crystal.periodic = {false, false, false};
  crystal.numbers = numbers;
  crystal.positions.setZero(3, std::ssize(numbers));
  for (Eigen::Index i = 0; i < std::ssize(numbers); ++i) crystal.positions(0, i) = distance * static_cast<double>(i);
  return crystal;
}

Crystal rock_salt(double a = 4.21) {
  Crystal crystal;
  crystal.lattice << 0.0, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.0;
  crystal.lattice *= a;
  crystal.positions.setZero(3, 2);
  crystal.positions.col(1).setConstant(0.5 * a);
  crystal.numbers = {12, 8};
  return crystal;
}

// q = (chi_B - chi_A) / (J_A + J_B - 2 J_AB), worked out by hand.
TEST(ChargeEquilibration, of_two_atoms_is_the_closed_form) {
  double const r = 1.6, k = units::coulomb_eV_A;
  double const lithium = k / (std::sqrt(units::pi) * 4.772), fluorine = k / (std::sqrt(units::pi) * 14.948);
  double const cross = k * std::erf(r / std::sqrt(2.0 * (lithium * lithium + fluorine * fluorine))) / r;

  auto const result = equilibrate_charges(molecule({3, 9}, r));

  EXPECT_NEAR(result.charges[0], (10.874 - 3.006) / (4.772 + 14.948 - 2.0 * cross),
              1e-11);  // charges are multiples of 2^-40
  EXPECT_EQ(result.charges.sum(), 0.0);
  EXPECT_LT(result.energy, 0.0);
  EXPECT_TRUE(result.outside.empty());
}

TEST(ChargeEquilibration, far_atoms_share_by_hardness_and_equal_ones_not_at_all) {
  auto const far = equilibrate_charges(molecule({3, 9}, 1e7));

  EXPECT_NEAR(far.charges[0], (10.874 - 3.006) / (4.772 + 14.948), 1e-6);
  EXPECT_EQ(equilibrate_charges(molecule({8, 8}, 1.2)).charges[0], 0.0);
}

TEST(ChargeEquilibration, sums_are_exact_whatever_the_order) {
  auto crystal = supercell(rock_salt(), {2, 2, 2});
  Rng rng(1, "charges", 0);
  for (Eigen::Index i = 0; i < crystal.positions.size(); ++i) crystal.positions.data()[i] += 0.1 * rng.uniform();

  auto const charges = equilibrate_charges(crystal).charges;

  EXPECT_EQ(charges.sum(), 0.0);
  EXPECT_EQ(charges.reverse().sum(), 0.0);
  double backwards = 0.0;
  for (Eigen::Index i = charges.size(); i-- > 0;) backwards += charges[i];
  EXPECT_EQ(backwards, 0.0);
  EXPECT_EQ(with_exact_sum(Eigen::Vector3d(0.1, 0.2, 0.7000001), 1.0).sum(), 1.0);
}

TEST(ChargeEquilibration, does_not_depend_on_the_cell_that_describes_a_crystal) {
  auto const small = equilibrate_charges(rock_salt()).charges;
  auto const large = equilibrate_charges(supercell(rock_salt(), {2, 1, 3})).charges;
  auto skew = rock_salt();
  skew.lattice.col(2) += 2.0 * skew.lattice.col(0) - skew.lattice.col(1);

  EXPECT_GT(small[0], 0.3);
  EXPECT_NEAR(large[0], small[0], 1e-8);  // both Ewald sums end at about 1e-10
  EXPECT_NEAR(large[1], small[1], 1e-8);
  EXPECT_NEAR(equilibrate_charges(skew).charges[0], small[0], 1e-8);
}

// The Madelung energy of point charges: with Gaussians that do not overlap the sum is that of points.
TEST(ChargeEquilibration, charges_of_a_wide_crystal_feel_the_madelung_potential) {
  double const a = 60.0, madelung = 1.747564594633;

  auto const result = equilibrate_charges(rock_salt(a));

  double const pair = madelung * units::coulomb_eV_A / (0.5 * a);
  EXPECT_NEAR(result.charges[0], (8.741 - 3.951) / (7.386 + 13.364 - 2.0 * pair), 1e-8);
}

TEST(ChargeEquilibration, a_slab_does_not_depend_on_its_vacuum) {
  auto const slab = [](double vacuum) {
    Crystal crystal;
    crystal.lattice = Eigen::Vector3d(3.0, 3.0, 2.0 + vacuum).asDiagonal();
    crystal.positions.resize(3, 2);
    crystal.positions << 0.0, 1.5, 0.0, 1.5, 0.0, 1.2;
    crystal.numbers = {12, 8};
    return equilibrate_charges(crystal, true).charges[0];
  };

  EXPECT_NEAR(slab(30.0), slab(60.0), 1e-7);  // images of a net of charges fall off as exp(-2 pi d / a)
}

TEST(ChargeEquilibration, refuses_what_it_does_not_know) {
  auto crystal = rock_salt();
  crystal.numbers[0] = 100;
  EXPECT_THROW(equilibrate_charges(crystal), InputError);
  EXPECT_THROW(equilibrate_charges(Crystal{}), InputError);
  EXPECT_EQ(equilibrate_charges(rock_salt()).outside, (std::vector<std::string>{"Mg"}));
}

TEST(ModelCharges, are_those_of_the_rigid_ions) {
  auto const charges = model_charges("rigid-ion:pedone2006+zbl", rock_salt());

  ASSERT_TRUE(charges.has_value());
  EXPECT_NEAR((*charges)[0], 1.2, 1e-12);
  EXPECT_FALSE(model_charges("lj:0.01,3", rock_salt()).has_value());
  EXPECT_THROW(model_charges("rigid-ion:nothing", rock_salt()), InputError);
}

}  // namespace
}  // namespace nacre
