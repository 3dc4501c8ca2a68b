#include "nacre/stack/planar_profile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double per_eps0 = 180.95128;  // e^2/eps0 [eV Å] (definitions.md 11)

/// A function of height in a cell whose third vector is tilted and whose second is not at right angles.
CubeFile cube_of(int n, double period, auto const& value) {
  CubeFile cube;
  cube.points = {2, 3, n};
  cube.crystal.lattice << 4.0, 1.0, 0.7, 0.0, 5.0, -0.4, 0.0, 0.0, period;
  for (int k = 0; k < 3; ++k)
    cube.voxel.col(k) = cube.crystal.lattice.col(k) / cube.points[static_cast<std::size_t>(k)];
  for (int a = 0; a < 6; ++a) {
    for (int k = 0; k < n; ++k) cube.values.push_back(value(period * k / n) * (1.0 + 0.1 * (a % 2 == 0 ? 1 : -1)));
  }
  return cube;
}

double gaussian(double z, double center, double width) {
  return std::exp(-0.5 * std::pow((z - center) / width, 2)) / (width * std::sqrt(2.0 * std::numbers::pi));
}

TEST(PlanarProfile, averages_over_planes_of_any_cell) {
  auto const profile = planar_average(cube_of(40, 20.0, [](double z) { return z; }));

  EXPECT_NEAR(profile.area, 20.0, 1e-12);
  EXPECT_NEAR(profile.period, 20.0, 1e-12);
  EXPECT_NEAR(profile.values[7], 3.5, 1e-12);
  EXPECT_NEAR(profile.height(7), 3.5, 1e-12);
}

TEST(PlanarProfile, other_axes_are_averaged_alike) {
  CubeFile cube;
  cube.points = {5, 2, 2};
  cube.crystal.lattice = Eigen::Vector3d(10.0, 3.0, 4.0).asDiagonal();
  for (int a = 0; a < 5; ++a) cube.values.insert(cube.values.end(), 4, static_cast<double>(a));

  auto const profile = planar_average(cube, 0);

  EXPECT_NEAR(profile.area, 12.0, 1e-12);
  EXPECT_EQ(profile.values[3], 3.0);
  EXPECT_NEAR(integral(profile, -1.0, 9.0), 20.0, 1e-12);
  EXPECT_NEAR(integral(profile, 3.0, 7.0) + integral(profile, 7.0, 13.0), 20.0, 1e-12);
  EXPECT_NEAR(integral(profile, -47.0, 53.0), 200.0, 1e-10);
}

// Sheets of charge -s at z1 and +s at z2: phi rises by s d / eps0.
TEST(PoissonStep, two_charged_sheets_differ_by_dipole_over_eps0) {
  double const charge = 0.03;
  auto const sheets = planar_average(
      cube_of(600, 30.0, [&](double z) { return charge * (gaussian(z, 17.0, 0.3) - gaussian(z, 12.5, 0.2)); }));

  auto const step = poisson_step(sheets, 0.0);

  EXPECT_NEAR(step.dipole, charge * 4.5, 1e-9);
  EXPECT_NEAR(step.step, per_eps0 * charge * 4.5, 1e-6 * per_eps0 * charge * 4.5);
  EXPECT_NEAR(step.potential[599], step.step, 1e-6 * step.step);
  EXPECT_NEAR(step.potential[0], 0.0, 1e-12);
  // A slab cut by the border, period begun in its vacuum.
  auto const cut = planar_average(cube_of(600, 30.0, [&](double z) {
    return charge * (gaussian(z, 2.0, 0.3) - gaussian(z, 27.5, 0.2) + gaussian(z, 32.0, 0.3));
  }));
  EXPECT_NEAR(poisson_step(cut, 15.0).step, step.step, 1e-6 * step.step);
}

TEST(PoissonStep, sheets_of_one_plane_are_exact_and_a_symmetric_slab_has_none) {
  auto sheets = planar_average(cube_of(60, 30.0, [](double) { return 0.0; }));
  sheets.values[20] = -0.01 / sheets.step();
  sheets.values[26] = 0.01 / sheets.step();
  auto symmetric = sheets;
  symmetric.values[32] = sheets.values[20];
  symmetric.values[26] *= 2.0;

  EXPECT_NEAR(poisson_step(sheets, 0.0).step, per_eps0 * 0.01 * 3.0, 1e-7);
  EXPECT_NEAR(poisson_step(symmetric, 0.0).step, 0.0, 1e-12);
  symmetric.values[5] = 0.4;
  EXPECT_THROW(poisson_step(symmetric, 0.0), InputError);
}

TEST(PlanarProfile, one_period_makes_a_crystal_flat) {
  auto const wave = planar_average(cube_of(240, 24.0, [](double z) {
    return 2.0 + std::cos(2.0 * std::numbers::pi * z / 4.0) + 0.3 * std::sin(4.0 * std::numbers::pi * z / 4.0);
  }));

  auto const flat = smoothed(wave, 4.0);

  EXPECT_NEAR(flat.values.maxCoeff(), 2.0, 1e-12);
  EXPECT_NEAR(flat.values.minCoeff(), 2.0, 1e-12);
  EXPECT_THROW(smoothed(wave, 0.0), InputError);
  EXPECT_THROW(smoothed(wave, 25.0), InputError);
}

TEST(VacuumLevels, are_read_on_both_sides_and_tell_a_field_from_none) {
  // A well from 8 to 16 of 30 A; 4.0 below, 5.5 above, the jump of the dipole correction at 27 A.
  auto const level = [](double z) { return z > 8.0 && z < 16.0 ? -3.0 : z <= 8.0 || z > 27.0 ? 4.0 : 5.5; };
  auto const potential = planar_average(cube_of(300, 30.0, level));
  Eigen::Matrix3Xd atoms(3, 2);
  atoms << 0.0, 0.0, 0.0, 0.0, 8.5, 15.5;

  auto const slab = occupied_region(potential, atoms);
  ASSERT_TRUE(slab.has_value());
  auto const levels = vacuum_levels(potential, *slab);
  auto const tilted = planar_average(cube_of(300, 30.0, [&](double z) { return 0.1 * z; }));

  EXPECT_NEAR(slab->vacuum, 23.0, 1e-9);
  EXPECT_NEAR(levels.below, 4.0, 1e-9);
  EXPECT_NEAR(levels.above, 5.5, 1e-9);
  EXPECT_LT(levels.spread, 1e-9);
  EXPECT_GT(vacuum_levels(tilted, *slab).spread, 0.05);
  EXPECT_THROW(vacuum_levels(potential, Region{0.0, 25.0, 5.0}), InputError);
}

TEST(PlanarProfile, the_region_of_a_density_may_be_cut_by_the_border) {
  auto const density = planar_average(cube_of(300, 30.0, [](double z) { return z < 4.0 || z > 25.0 ? 1.0 : 0.0; }));

  auto const region = occupied_region(density, 1e-3);

  ASSERT_TRUE(region.has_value());
  EXPECT_NEAR(region->vacuum, 21.0, 0.3);
  EXPECT_NEAR(region->high - region->low, 9.0, 0.3);
}

}  // namespace
}  // namespace nacre
