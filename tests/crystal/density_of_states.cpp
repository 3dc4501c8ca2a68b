#include "nacre/crystal/density_of_states.hpp"

#include <gtest/gtest.h>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

TEST(DensityOfStates, reads_dos_x_of_one_and_of_two_spins) {
  auto const one = parse_density_of_states(
      "#  E (eV)   dos(E)     Int dos(E) EFermi =    5.432 eV\n"
      " -1.000  0.5000E+00  0.0\n  0.000  0.7000E+00  0.6\n  1.0 0.0 0.9\n",
      "a.dos");
  auto const two = parse_density_of_states(
      "#  E (eV)   dosup(E)     dosdw(E)   Int dos(E) EFermi =  -0.5 eV\n"
      " -1.0  0.5 0.25 0.0\n  0.0  0.7 0.2 0.6\n",
      "b.dos");

  EXPECT_EQ(one.format, "dos.x");
  EXPECT_EQ(one.fermi, 5.432);
  EXPECT_EQ(one.density, (std::vector<double>{0.5, 0.7, 0.0}));
  EXPECT_EQ(two.fermi, -0.5);
  EXPECT_NEAR(two.density[1], 0.9, 1e-15);
}

std::string doscar(std::string const& rows, int count = 3) {
  return "   2   2   1   0\n  0.1E+02  0.3E-09  0.3E-09  0.1E-09  0.5E-15\n  1.0E-004\n  CAR\n unknown system\n"
         "     10.0    -10.0  " +
         std::to_string(count) + "      2.345      1.0\n" + rows;
}

TEST(DensityOfStates, reads_the_total_of_a_DOSCAR) {
  auto const one = parse_density_of_states(
      doscar("-1 0.5 0.1\n0 0.6 0.2\n1 0.7 0.3\n 10.0 -10.0 3 2.345 1.0\n-1 1 1 1\n"), "DOSCAR");
  auto const two =
      parse_density_of_states(doscar("-1 0.5 0.4 0.1 0.1\n0 0.6 0.5 0.2 0.2\n1 0.7 0.6 0.3 0.3\n"), "x/DOSCAR.slab");

  EXPECT_EQ(one.format, "DOSCAR");
  EXPECT_EQ(one.fermi, 2.345);
  EXPECT_EQ(one.energy.size(), 3u);
  EXPECT_EQ(one.density[2], 0.7);
  EXPECT_NEAR(two.density[0], 0.9, 1e-15);
}

TEST(DensityOfStates, plain_columns_say_how_many_are_densities_where_it_is_not_clear) {
  std::string const three = "! energy up down\n-1 1 2\n0 1 2\n";

  EXPECT_EQ(parse_density_of_states("# eV 1/eV\n-1 1\n0.5 2\n", "x").density[1], 2.0);
  EXPECT_EQ(parse_density_of_states(three, "x", 2).density[0], 3.0);
  EXPECT_EQ(parse_density_of_states(three, "x", 1).density[0], 1.0);
  EXPECT_THROW(parse_density_of_states(three, "x"), InputError);
}

TEST(DensityOfStates, refuses_tables_that_are_none) {
  for (std::string const text : {"", "# nothing\n", "1 2\n", "0 1\n0 2\n", "1 1\n0 1\n", "0 x\n1 2\n", "0 nan\n1 2\n",
                                 "0 1\n1 -3\n", "0 0\n1 0\n", "0 1\n1\n", "0 1\n1 2 3\n", "\x01\x02\x03"}) {
    EXPECT_THROW(parse_density_of_states(text, "x"), InputError) << text;
  }
  EXPECT_THROW(parse_density_of_states(doscar("-1 0.5 0.1\n0 0.6 0.2\n"), "DOSCAR"), InputError);
  EXPECT_THROW(parse_density_of_states(doscar("-1 0.5\n0 0.6\n1 0.7\n"), "DOSCAR"), InputError);
}

TEST(DensityOfStates, integrals_of_the_broken_line_are_exact) {
  DensityOfStates const states{{-2.0, 0.0, 1.0}, {1.0, 3.0, 0.0}, {}, {}};

  EXPECT_NEAR(states.integral(-2.0, 1.0), 4.0 + 1.5, 1e-14);
  EXPECT_NEAR(states.integral(-1.0, 0.5), 2.5 + 0.5 * (3.0 + 1.5) * 0.5, 1e-14);
  EXPECT_NEAR(states.integral(0.5, -1.0), -states.integral(-1.0, 0.5), 1e-14);
  EXPECT_NEAR(states.integral(-9.0, 9.0), 5.5, 1e-14);
  EXPECT_EQ(states.integral(2.0, 3.0), 0.0);
}

TEST(DensityOfStates, band_edges_are_the_last_energies_with_states) {
  DensityOfStates const states{{-2.0, -1.0, 0.0, 1.0, 2.0}, {1.0, 0.5, 0.0, 1e-6, 2.0}, {}, {}};

  auto const edges = band_edges(states, 0.3, 1e-3);
  auto const metal = band_edges(states, -1.5, 1e-3);

  EXPECT_TRUE(edges.gap);
  EXPECT_EQ(edges.valence_top, -1.0);
  EXPECT_EQ(edges.conduction_bottom, 2.0);
  EXPECT_FALSE(metal.gap);
  EXPECT_EQ(metal.valence_top, -1.5);
  EXPECT_THROW(band_edges(states, 7.0, 1e-3), InputError);
}

}  // namespace
}  // namespace nacre
