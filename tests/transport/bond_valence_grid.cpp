#include <gmock/gmock.h>

#include "ionic_crystals.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/transport/energy_grid.hpp"
#include "nacre/transport/percolation.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Ion const lithium{3, 1}, oxide{8, -2};

/// What a point of a grid may be off: the bound of the tables for the few hundred pairs that count.
double table_error(double energy) { return 1e-8 * (1.0 + std::abs(energy)); }

TEST(EnergyGrid, has_the_exact_energies_at_its_points) {
  auto const crystal = test::skew_crystal();
  SiteEnergy const field(crystal, lithium);
  auto const grid = energy_grid(field, {.step = 0.31});

  int low = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    double const exact = field.energy(grid.position(i));
    low += exact < 5.0;
    EXPECT_NEAR(grid.energy[i], exact, table_error(exact));
  }
  EXPECT_GT(low, 100);
}

TEST(EnergyGrid, has_the_exact_energies_for_all_charges_and_cutoffs) {
  Rng rng(1, "grids", 0);
  for (auto const& ion : {Ion{3, 1}, Ion{8, -2}, Ion{12, 2}}) {
    for (double const cutoff : {0.4, 2.7, 10.0, 14.0}) {
      auto crystal = test::skew_crystal();
      if (ion.number == 8) crystal.oxidation = {-2, -2, 5, 1};
      crystal.numbers[3] = ion.number == 3 ? 9 : 3;  // F- beside Li+, Li+ else
      crystal.oxidation[3] = ion.number == 3 ? -1 : 1;
      SiteEnergy const field(crystal, ion, {.cutoff = cutoff});
      auto const grid = energy_grid(field, {.step = 0.9});
      for (int n = 0; n < 20; ++n) {
        auto const i = rng.below(grid.size());
        double const exact = field.energy(grid.position(i));
        EXPECT_NEAR(grid.energy[i], exact, table_error(exact)) << to_string(ion) << " cutoff " << cutoff;
      }
    }
  }
}

TEST(EnergyGrid, counts_points_as_the_exact_floor_of_length_over_step) {
  auto crystal = test::lithium_oxide();
  auto const points = [&](double length, double step) {
    crystal.lattice = Eigen::Vector3d(length, 5.03, 6.27).asDiagonal();
    return energy_grid(SiteEnergy(crystal, lithium, {.cutoff = 1.0}), {.step = step}).points[0];
  };

  EXPECT_EQ(points(4.619, 0.2), 22);
  EXPECT_EQ(points(4.0, 0.2), 18);  // the doubles 0.2 and 0.1 are a little more than a fifth and a tenth
  EXPECT_EQ(points(6.2, 0.2), 29);
  EXPECT_EQ(points(4.0, 0.1), 38);
  EXPECT_EQ(points(4.0, 0.25), 15);  // exact in binary
}

TEST(EnergyGrid, computes_with_symmetry_what_it_computes_without) {
  for (double const step : {0.23, 0.31}) {  // even and odd numbers of points
    SiteEnergy const field(test::lithium_oxide(), lithium);
    auto const with = energy_grid(field, {.step = step, .symmetry = true});
    auto const without = energy_grid(field, {.step = step, .symmetry = false});

    ASSERT_EQ(with.size(), without.size());
    for (std::size_t i = 0; i < with.size(); ++i)
      EXPECT_NEAR(with.energy[i], without.energy[i], table_error(without.energy[i]));
  }
}

TEST(EnergyGrid, uses_no_symmetry_that_holds_only_within_a_tolerance) {
  auto crystal = test::lithium_oxide();
  crystal.positions.col(0) += Eigen::Vector3d(3e-6, 1e-6, 0.0);  // spglib at 1e-5 still says Fm-3m
  SiteEnergy const field(crystal, lithium);
  ASSERT_EQ(find_space_group(field.framework(), 1e-5).number, 225);
  auto const grid = energy_grid(field, {.step = 0.5});

  for (std::size_t i = 0; i < grid.size(); ++i) {
    double const exact = field.energy(grid.position(i));
    EXPECT_NEAR(grid.energy[i], exact, table_error(exact));
  }
}

TEST(EnergyGrid, percolates_as_the_reference_does) {
  auto const path = test::shared_file("reference/physics/bvse_reference.json");
  NACRE_NEEDS_SHARED(path);
  auto const file = Value::parse_json(read_file(path), path.string());
  auto const targets = standard_targets();

  for (auto const& [name, entry] : file.at("structures").as_object()) {
    auto const crystal = test::reference_crystal(entry);
    if (crystal.size() > 40) continue;  // seconds; scripts/bench_bvse goes through all of them
    SiteEnergy const field(crystal, parse_ion(entry.at("mobile_ion").as_string()));
    auto const grid = energy_grid(field, {.step = entry.at("resolution").as_number()});
    for (int k = 0; k < 3; ++k)  // the reference counts the image of the first point
      EXPECT_EQ(grid.points[k], entry.at("grid").as_array()[static_cast<std::size_t>(k)].as_integer() - 1) << name;
    double const lowest = grid.energy[grid.lowest()];
    auto const found = percolate(grid, targets);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      ASSERT_TRUE(found[t]) << name;
      double const expected = entry.at("uf26").at(targets[t].name).as_number();
      EXPECT_NEAR(found[t]->level - lowest, expected, 1e-3) << name << " " << targets[t].name;
    }
  }
}

TEST(EnergyGrid, barriers_turn_with_the_crystal_and_its_axes) {
  auto const crystal = test::skew_crystal();
  auto const barriers = [](Crystal const& c) {
    auto const grid = energy_grid(SiteEnergy(c, lithium), {.step = 0.2});
    std::vector<double> levels;
    for (auto const& threshold : percolate(grid, standard_targets()))
      levels.push_back(threshold->level - grid.energy[grid.lowest()]);
    return levels;
  };
  auto swapped = crystal;
  swapped.lattice.col(0).swap(swapped.lattice.col(2));

  auto const original = barriers(crystal), turned = barriers(test::rotated(crystal, 0.4)), other = barriers(swapped);

  std::vector<std::size_t> const exchanged{0, 1, 2, 5, 4, 3, 7, 6, 8};  // x <-> z, ab <-> bc
  for (std::size_t t = 0; t < original.size(); ++t) {
    EXPECT_NEAR(turned[t], original[t], 1e-7);
    EXPECT_NEAR(other[exchanged[t]], original[t], 1e-7);
  }
}

TEST(EnergyGrid, refuses_steps_without_points_or_with_too_many) {
  SiteEnergy const field(test::lithium_oxide(), lithium);

  EXPECT_THAT(test::input_error_of([&] { energy_grid(field, {.step = 3.0}); }), testing::HasSubstr("leaves no points"));
  EXPECT_THAT(test::input_error_of([&] { energy_grid(field, {.step = 1e-3}); }),
              testing::HasSubstr("make the step larger"));
  for (double const step :
       {0.0, -0.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e-300})
    EXPECT_THROW(energy_grid(field, {.step = step}), InputError);
}

TEST(EnergyGrid, cube_files_hold_the_field_and_the_framework) {
  SiteEnergy const field(test::lithium_oxide(), lithium);
  auto const grid = energy_grid(field, {.step = 0.5});
  auto const lines = split(to_cube(grid, field.framework(), "field of Li1+", 3.0), '\n');
  auto const words = [&](std::size_t line) { return split_words(lines[line]); };

  EXPECT_EQ(words(2)[0], "4");  // the oxygens
  EXPECT_EQ(words(3)[0], "8");  // floor(4.619/0.5) - 1
  EXPECT_NEAR(*parse_double(words(3)[1]), 4.619 / 8.0 / 0.529177210903, 1e-6);
  EXPECT_EQ(words(6)[0], "8");
  std::vector<double> values;
  for (std::size_t line = 10; line < lines.size(); ++line)
    for (auto const& word : words(line)) values.push_back(*parse_double(word));
  ASSERT_EQ(values.size(), grid.size());
  for (std::size_t i = 0; i < grid.size(); ++i)
    EXPECT_NEAR(values[i], std::min(grid.energy[i], 3.0), 1e-5 * std::max(1.0, std::abs(values[i])));  // 6 digits
}

}  // namespace
}  // namespace nacre
