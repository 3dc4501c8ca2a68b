#include "nacre/potential/far_charges.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Crystal charged(Eigen::Vector3d const& edges, std::vector<int> numbers, std::vector<double> charges, std::vector<Eigen::Vector3d> const& positions) {
  Crystal crystal;
  crystal.lattice = edges.asDiagonal();
  crystal.numbers = std::move(numbers);
  crystal.oxidation = std::move(charges);
  crystal.positions.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) crystal.positions.col(static_cast<Eigen::Index>(i)) = positions[i];
  return crystal;
}

Crystal strontium_titanate(double displacement) {
  double const a = 3.905, h = a / 2;
  return charged({a, a, a}, {38, 22, 8, 8, 8}, {2, 4, -2, -2, -2},
                 {{0, 0, 0}, {h, h, h + displacement}, {h, h, 0}, {h, 0, h}, {0, h, h}});
}

/// A plane of Mg2+ and one of O2- in a cell with vacuum.
Crystal planes(double distance) {
  return charged({4.2, 4.2, 80.0}, {12, 8}, {2, -2}, {{0, 0, 10.0}, {2.1, 2.1, 10.0 + distance}});
}

TEST(FarCharges, conforms) {
  test::PotentialTolerances tolerance;
  auto const crystal = charged({5.0, 6.0, 14.0}, {12, 8, 12, 8}, {2, -2, 2, -2}, {{0, 0, 0}, {2.4, 0.3, 2.0}, {1, 3, 7.5}, {0.2, 2, 9.0}});
  for (auto const* model : {"far-charges", "far-charges:1.5,4"}) {
    auto const potential = make_potential(model);
    test::expect_forces_are_derivatives(*potential, crystal, tolerance);
    test::expect_stress_is_derivative(*potential, crystal, tolerance);
    test::expect_symmetries(*potential, crystal, tolerance);
    test::expect_bookkeeping(*potential, crystal);
    auto const one = potential->evaluate(crystal), four = potential->evaluate(supercell(crystal, {2, 2, 1}));
    EXPECT_NEAR(four.energy, 4.0 * one.energy, 1e-9);
    auto const slab = potential->with_slab_correction(true);
    test::expect_forces_are_derivatives(*slab, crystal, tolerance);
  }
}

TEST(FarCharges, leave_a_crystal_as_it_is) {
  auto const potential = make_potential("far-charges");

  EXPECT_LT(std::abs(potential->evaluate(strontium_titanate(0.0)).energy), 1e-6);
  EXPECT_LT(std::abs(potential->evaluate(strontium_titanate(0.1)).energy), 1e-3);  // polar: no field at zero mean field
}

// Far apart the field between the planes is that of charged sheets, 4 pi k Q/A on one side of each less the other.
TEST(FarCharges, pull_charged_planes_together_with_their_field) {
  PotentialOptions slab;
  slab.slab_correction = true;
  auto const potential = make_potential("far-charges:2", slab);
  double const area = 4.2 * 4.2, field = 4.0 * units::pi * units::coulomb_eV_A * 2.0 / area;

  auto const near = potential->evaluate(planes(20.0)), far = potential->evaluate(planes(25.0));

  EXPECT_NEAR((far.energy - near.energy) / 5.0, 0.5 * field * 2.0, 1e-6);
  EXPECT_NEAR(near.forces(2, 0), 0.5 * field * 2.0, 1e-6);
  EXPECT_NEAR(make_potential("far-charges:2,5", slab)->evaluate(planes(20.0)).forces(2, 0), 0.1 * field * 2.0, 1e-6);
}

TEST(FarCharges, guess_charges_and_refuse_those_that_do_not_sum_to_zero) {
  auto crystal = planes(20.0);
  auto const potential = make_potential("far-charges");
  double const given = potential->evaluate(crystal).energy;
  crystal.oxidation.clear();
  EXPECT_EQ(potential->evaluate(crystal).energy, given);

  crystal.oxidation = {2, -1};
  EXPECT_THROW(potential->evaluate(crystal), InputError);
  EXPECT_NO_THROW(potential->with_background()->evaluate(crystal));
  crystal.periodic = {true, true, false};
  EXPECT_THROW(potential->with_background()->evaluate(crystal), InputError);
  EXPECT_THROW(make_potential("far-charges:0.1"), InputError);
  EXPECT_THROW(make_potential("far-charges:3,0.5"), InputError);
  EXPECT_THROW(make_potential("rigid-ion:grimes+far-charges"), InputError);
}

}  // namespace
}  // namespace nacre
