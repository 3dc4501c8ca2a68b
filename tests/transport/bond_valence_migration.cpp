#include <gmock/gmock.h>

#include "ionic_crystals.hpp"
#include "nacre/transport/migration.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Ion const lithium{3, 1};

MigrationMap map_of(Crystal const& crystal, double step, Ion ion = lithium) {
  MigrationOptions options;
  options.grid.step = step;
  return map_migration(SiteEnergy(crystal, ion), options);
}

/// Sheets of antifluorite with a gap between them: the cell of Li2O, twice along z, pulled 5 A apart.
Crystal gapped() {
  auto crystal = supercell(test::lithium_oxide(), {1, 1, 2});
  crystal.lattice(2, 2) += 5.0;
  return crystal;
}

TEST(Migration, finds_minima_and_saddles_where_the_slope_vanishes) {
  SiteEnergy const field(test::lithium_oxide(), lithium);
  auto const map = map_of(test::lithium_oxide(), 0.2);

  ASSERT_TRUE(map.minimum && map.at("E1D").saddle);
  EXPECT_LT(field.derivatives(map.minimum->position).gradient.norm(), 1e-6);
  auto const top = field.derivatives(map.at("E1D").saddle->position);
  EXPECT_LT(top.gradient.norm(), 1e-6);
  EXPECT_LT(top.hessian.determinant(), 0.0);  // one direction down: the product of the three curvatures is negative
  EXPECT_LE(map.minimum->energy, map.grid.energy[map.lowest] + 1e-7);  // the grid's radial functions are tabulated
}

TEST(Migration, refined_barriers_do_not_depend_on_the_grid) {
  auto const finest = map_of(test::lithium_oxide(), 0.1);

  for (double const step : {0.15, 0.2, 0.3}) {
    auto const map = map_of(test::lithium_oxide(), step);
    ASSERT_TRUE(map.at("E3D").refined) << step;
    EXPECT_NEAR(*map.at("E3D").refined, *finest.at("E3D").refined, 1e-6) << step;  // both at a slope below 1e-7 eV/A
    EXPECT_NEAR(*map.at("E3D").barrier, *finest.at("E3D").refined, 0.03) << step;  // what the grid alone is off
  }
}

TEST(Migration, refined_barriers_do_not_depend_on_the_description_of_the_crystal) {
  auto const crystal = test::lithium_oxide();
  double const expected = *map_of(crystal, 0.2).at("E3D").refined;
  auto moved = crystal, skewed = crystal;
  moved.positions.colwise() += Eigen::Vector3d(0.31, -0.77, 1.13);
  skewed.lattice.col(2) += skewed.lattice.col(0);

  for (auto const& other : {moved, skewed, supercell(crystal, {2, 1, 1}), test::rotated(crystal, 0.3)}) {
    auto const map = map_of(other, 0.2);
    ASSERT_TRUE(map.at("E3D").refined);
    EXPECT_NEAR(*map.at("E3D").refined, expected, 1e-6);
  }
}

TEST(Migration, counts_from_the_occupied_sites_of_the_walk) {
  auto const crystal = test::lithium_oxide();
  SiteEnergy const field(crystal, lithium);
  MigrationOptions options;
  options.grid.step = 0.2;
  options.reference = BarrierReference::sites;

  auto const map = map_migration(field, options);

  ASSERT_EQ(map.site_energies.size(), 8u);
  double const site = field.energy(crystal.positions.col(4));  // the only kind of site, a minimum by symmetry
  auto const& barrier = map.at("E1D");
  EXPECT_NEAR(barrier.reference, site, 1e-9);
  EXPECT_NEAR(*barrier.barrier, barrier.threshold->level - site, 1e-9);
  EXPECT_NEAR(*barrier.refined, barrier.saddle->energy - site, 1e-9);
}

TEST(Migration, without_occupied_sites_there_is_nothing_to_count_from) {
  auto host = test::lithium_oxide();
  host.numbers.resize(4);
  host.oxidation.resize(4);
  host.positions.conservativeResize(3, 4);
  SiteEnergy const field(host, lithium);
  MigrationOptions options;
  options.grid.step = 0.3;
  EXPECT_NO_THROW(map_migration(field, options));

  options.reference = BarrierReference::sites;
  EXPECT_THAT(test::input_error_of([&] { map_migration(field, options); }), testing::HasSubstr("no Li in the crystal"));
  options.reference = BarrierReference::minimum;
  options.max_site_distance = 1.0;
  EXPECT_THROW(map_migration(field, options), InputError);
}

TEST(Migration, planes_and_directions_agree_with_the_axes_they_coincide_with) {
  MigrationOptions options;
  options.grid.step = 0.25;
  options.plane = Eigen::Vector3i(0, 0, 1);
  options.direction = Eigen::Vector3i(1, 0, 0);

  auto const map = map_migration(SiteEnergy(gapped(), lithium), options);

  EXPECT_EQ(*map.at("E_plane").barrier, *map.at("E_ab").barrier);
  EXPECT_EQ(*map.at("E_across").barrier, *map.at("Ez").barrier);
  EXPECT_EQ(*map.at("E_direction").barrier, *map.at("Ex").barrier);
  EXPECT_GT(*map.at("Ez").barrier, *map.at("E_ab").barrier);  // the gap costs
}

TEST(Migration, refuses_walks_through_the_gap_and_keeps_those_along_the_sites) {
  MigrationOptions open, near;
  open.grid.step = near.grid.step = 0.25;
  near.max_site_distance = 1.0;
  SiteEnergy const bulk(test::lithium_oxide(), lithium), stack(gapped(), lithium);

  auto const free = map_migration(stack, open), kept = map_migration(stack, near);
  auto const crystal_free = map_migration(bulk, open), crystal_kept = map_migration(bulk, near);

  EXPECT_TRUE(free.at("Ez").barrier);
  EXPECT_FALSE(kept.at("Ez").barrier);  // the layers are farther apart than neighbouring sites
  EXPECT_EQ(kept.at("Ez").reason, "no way through near the sites");
  EXPECT_TRUE(kept.at("E_ab").barrier);
  EXPECT_TRUE(crystal_kept.at("E3D").barrier);
  EXPECT_GE(*crystal_kept.at("E3D").barrier, *crystal_free.at("E3D").barrier);  // fewer ways
}

TEST(Migration, corridor_is_what_lies_near_a_line_between_neighbouring_sites) {
  SiteEnergy const field(test::lithium_oxide(), lithium);
  auto const grid = energy_grid(field, {.step = 0.4});
  double const hop = 4.619 / 2.0;

  auto const closed = far_from_sites(grid, symmetric_sites(field), 0.6);

  for (std::size_t i = 0; i < grid.size(); ++i) {
    double nearest = 1e9;  // lines between sites of the simple cubic lattice with spacing a/2, offset a/4
    Eigen::Vector3d x = grid.position(i) - Eigen::Vector3d::Constant(4.619 / 4.0);
    x -= hop * (x / hop).array().round().matrix();
    for (int k = 0; k < 3; ++k) nearest = std::min(nearest, Eigen::Vector2d(x[(k + 1) % 3], x[(k + 2) % 3]).norm());
    EXPECT_EQ(closed[i], nearest > 0.6) << i;
  }
}

TEST(Migration, symmetry_completes_the_sites) {
  auto crystal = test::lithium_oxide();
  crystal.numbers.resize(6);  // two of eight lithium ions left
  crystal.oxidation.resize(6);
  crystal.positions.conservativeResize(3, 6);

  EXPECT_EQ(symmetric_sites(SiteEnergy(crystal, lithium)).cols(), 8);
}

TEST(Migration, says_how_far_to_trust_it) {
  auto const lithium_notes = trust_notes(lithium, BarrierReference::sites);
  auto const oxygen_notes = trust_notes({8, -2}, BarrierReference::minimum);

  EXPECT_EQ(lithium_notes.size(), 2u);
  EXPECT_EQ(oxygen_notes.size(), 4u);
  EXPECT_THAT(oxygen_notes.back(), testing::HasSubstr("a picture, not an objective"));
}

}  // namespace
}  // namespace nacre
