#include "nacre/potential/reservoirs.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// ABO3 = AO + BO2 with hand numbers: E_AO = -2, E_BO2 = -3, E_ABO3 = -6 eV.
ChemicalWindow hand_window() {
  ChemicalWindow window;
  window.anion = 8;
  window.reservoirs = {{"SrO", "SrO", 38, 1.0, 1.0, -2.0, 1.0}, {"TiO2", "TiO2", 22, 1.0, 2.0, -3.0, 1.0}};
  window.crystal_energy = -6.0;
  window.formation_energy = -1.0;
  return window;
}

TEST(ChemicalWindow, ends_where_a_binary_falls_out) {
  auto const window = hand_window();

  EXPECT_DOUBLE_EQ(window.lowest(0), -3.0);  // E_ABO3 - E_BO2
  EXPECT_DOUBLE_EQ(window.lowest(1), -4.0);
  for (std::size_t corner = 0; corner < 2; ++corner) {
    EXPECT_DOUBLE_EQ(window.mu(0, corner) + window.mu(1, corner), -6.0);
  }
}

TEST(ChemicalWindow, counts_what_a_slab_has_more_than_crystals) {
  auto const window = hand_window();

  auto const strontium = window.excess_of({38, 38, 22, 8, 8, 8, 8});
  auto const titanium = window.excess_of({38, 22, 22, 8, 8, 8, 8, 8});
  auto const reduced = window.excess_of({38, 22, 8, 8});

  EXPECT_DOUBLE_EQ(strontium.crystals, 1.0);
  EXPECT_DOUBLE_EQ(strontium.units[0], 1.0);
  EXPECT_DOUBLE_EQ(strontium.units[1], 0.0);
  EXPECT_DOUBLE_EQ(strontium.anions, 0.0);
  EXPECT_DOUBLE_EQ(titanium.units[1], 1.0);
  EXPECT_DOUBLE_EQ(reduced.anions, -1.0);
  EXPECT_FALSE(reduced.stoichiometric());
  EXPECT_TRUE(window.excess_of({38, 22, 8, 8, 8}).stoichiometric());
  EXPECT_DOUBLE_EQ(window.energy_of(strontium, 0), -3.0);
  EXPECT_DOUBLE_EQ(window.energy_of(strontium, 1), -2.0);
  EXPECT_THROW(window.excess_of({12, 8}), InputError);
}

TEST(OxygenPotential, has_the_values_of_the_tables) {  // definitions.md 3
  EXPECT_DOUBLE_EQ(oxygen_potential(1000.0), -1.10);
  EXPECT_DOUBLE_EQ(oxygen_potential(300.0), -0.27);
  EXPECT_NEAR(oxygen_potential(1000.0, 0.01), -1.10 + 0.5 * 8.617333262e-2 * std::log(0.01), 1e-9);
  EXPECT_THROW(oxygen_potential(2000.0), InputError);
  EXPECT_THROW(oxygen_potential(300.0, 0.0), InputError);
}

TEST(OxygenReservoir, is_refused_by_name_where_charges_are_fixed) {
  auto const fixed = oxygen_reservoir(*make_potential("rigid-ion:grimes"));
  auto const sum = oxygen_reservoir(*make_potential("lj:1,1.1+rigid-ion:grimes"));
  auto const free = oxygen_reservoir(*make_potential("lj:5.2,1.0780"));

  EXPECT_TRUE(fixed.failure.starts_with("oxygen_exchange: 'rigid-ion:grimes'"));
  EXPECT_TRUE(sum.failure.starts_with("oxygen_exchange"));
  EXPECT_TRUE(free.failure.empty());
  EXPECT_NEAR(free.energy, -2.6, 0.01);  // half of a bond of epsilon, less what the truncation takes off
}

}  // namespace
}  // namespace nacre
