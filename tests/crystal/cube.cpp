#include "nacre/crystal/cube.hpp"

#include <gtest/gtest.h>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

/// A cube of 2 x 3 x 4 points with one atom, each part of it to be replaced.
struct Text {
  std::string atoms = "1 0.0 0.0 0.0", x = "2 1.0 0.0 0.0", y = "3 0.2 0.9 0.0", z = "4 0.1 -0.1 0.5";
  std::string atom = "38 10.0 0.5 0.5 0.5", sets, values;
  Text() {
    for (int k = 1; k <= 24; ++k) values += std::to_string(k) + (k % 6 == 0 ? ".0\n" : "e0 ");
  }
  std::string str() const {
    return join(std::vector<std::string>{"density", "of a test", atoms, x, y, z, atom}, "\n") + "\n" + sets + values;
  }
};

TEST(Cube, reads_an_oblique_cell_in_bohr) {
  auto const cube = parse_cube(Text().str(), "test.cube");

  EXPECT_EQ(cube.points, (std::array<int, 3>{2, 3, 4}));
  EXPECT_EQ(cube.values.size(), 24u);
  EXPECT_EQ(cube.values[23], 24.0);
  EXPECT_EQ(cube.sum(), 300.0);
  EXPECT_EQ(cube.crystal.numbers, (std::vector<int>{38}));
  EXPECT_EQ(cube.nuclear_charges[0], 10.0);
  EXPECT_NEAR(cube.crystal.lattice(0, 1), 0.6 * units::bohr_A, 1e-15);
  // |det| of the three vectors: a is along x, so it is 0.9 x 0.5
  EXPECT_NEAR(cube.voxel_volume(), 0.45 * std::pow(units::bohr_A, 3), 1e-15);
  EXPECT_FALSE(cube.in_angstrom);
}

TEST(Cube, negative_counts_mean_angstrom_and_a_negative_number_of_atoms_announces_data_sets) {
  Text text;
  text.x = "-2 1.0 0.0 0.0";
  text.y = "-3 0.2 0.9 0.0";
  text.z = "-4 0.1 -0.1 0.5";
  text.atoms = "-1 0.0 0.0 0.0";
  text.sets = "1 17\n";

  auto const cube = parse_cube(text.str(), "test.cube");

  EXPECT_TRUE(cube.in_angstrom);
  EXPECT_NEAR(cube.crystal.lattice(0, 0), 2.0, 1e-15);
  EXPECT_EQ(cube.values[0], 1.0);
}

TEST(Cube, refuses_what_is_truncated_too_long_or_several_data_sets) {
  auto const refused = [](auto change) {
    Text text;
    change(text);
    try {
      parse_cube(text.str(), "test.cube");
      return std::string();
    } catch (InputError const& error) {
      return std::string(error.what());
    }
  };

  EXPECT_NE(refused([](Text& t) { t.values = "1 2 3\n"; }).find("truncated"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.values += "7\n"; }).find("24"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.values = "nan " + t.values; }).find("nan"), std::string::npos);
  EXPECT_NE(refused([](Text& t) {
              t.atoms = "-1 0 0 0";
              t.sets = "2 5 6\n";
            }).find("2 data sets"),
            std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.atoms = "1 0 0 0 2"; }).find("2 values at each point"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.atoms = "7 0 0 0"; }).find("line"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.x = "0 1 0 0"; }).find("no points"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.y = "-3 0 1 0"; }).find("both signs"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.z = "4 1 0 0"; }).find("no volume"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.x = "2000000000 1 0 0"; }).find("points"), std::string::npos);
  EXPECT_NE(refused([](Text& t) { t.atom = "0 1 0 0 0"; }).find("atomic number"), std::string::npos);
  EXPECT_THROW(parse_cube("", "test.cube"), InputError);
  EXPECT_THROW(parse_cube("a\nb\nc d e f\n", "test.cube"), InputError);
}

TEST(Cube, grids_are_the_same_only_with_equal_cells_and_points) {
  auto const cube = parse_cube(Text().str(), "test.cube");
  Text other;
  other.z = "4 0.1 -0.1 0.51";

  EXPECT_TRUE(same_grid(cube, cube));
  EXPECT_FALSE(same_grid(cube, parse_cube(other.str(), "other.cube")));
}

}  // namespace
}  // namespace nacre
