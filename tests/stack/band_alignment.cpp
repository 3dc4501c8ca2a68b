#include "nacre/stack/band_alignment.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

DensityOfStates constant(double density) { return {{-20.0, 20.0}, {density, density}, {}, {}}; }

/// A metal with constant density, its vacuum `work_function` above its Fermi level.
SlabStates metal(double work_function, double density = 1.0, double fermi = 0.0) {
  return {constant(density), fermi, fermi + work_function, 0.0};
}

/// States below 0 and above `gap`, Fermi level in the middle of the gap.
SlabStates insulator(double gap, double vacuum) {
  return {{{-10.0, 0.0, 1e-9, gap - 1e-9, gap, 10.0}, {2.0, 2.0, 0.0, 0.0, 2.0, 2.0}, {}, {}}, 0.5 * gap, vacuum, 0.0};
}

TEST(ChargeTransfer, golden_number_of_two_constant_densities) {
  auto const result = transfer_charge(metal(4.0), metal(5.0), {3.0, 10.0, 1.0});

  EXPECT_EQ(result.status, Status::ok);
  EXPECT_NEAR(result.electrons, 0.0177666, 5e-8);  // as many digits as it is given with
  EXPECT_NEAR(result.electrons, 1.0 / (2.0 + 180.95128 * 0.3), 1e-9);
  // a + b + Q C = dPhi
  EXPECT_NEAR(result.shift_upper - result.shift_lower - result.drop, 1.0, 1e-12);
}

TEST(ChargeTransfer, has_its_limits) {
  EXPECT_NEAR(transfer_charge(metal(4.0), metal(5.0), {0.0, 10.0, 1.0}).electrons, 0.5, 1e-12);
  EXPECT_NEAR(transfer_charge(metal(4.0), metal(5.0), {3.0, 10.0, 1e12}).electrons, 0.5, 1e-9);
  EXPECT_NEAR(transfer_charge(metal(4.0), metal(5.0, 3.0), {0.0, 10.0, 1.0}).electrons, 0.75, 1e-12);
  EXPECT_EQ(transfer_charge(metal(4.5), metal(4.5), {3.0, 10.0, 1.0}).electrons, 0.0);
  // Plates of many states: the charge of a capacitor at dPhi.
  EXPECT_NEAR(transfer_charge(metal(4.0, 1e9), metal(5.0, 1e9), {3.0, 10.0, 1.0}).electrons, 10.0 / (180.95128 * 3.0),
              1e-6);
}

TEST(ChargeTransfer, swapping_the_slabs_flips_the_sign) {
  auto const up = transfer_charge(metal(4.0, 0.7, 1.3), metal(5.2, 2.1, -6.0), {2.0, 25.0, 3.0});
  auto const down = transfer_charge(metal(5.2, 2.1, -6.0), metal(4.0, 0.7, 1.3), {2.0, 25.0, 3.0});

  EXPECT_GT(up.electrons, 0.0);
  EXPECT_EQ(up.electrons, -down.electrons);
  EXPECT_EQ(up.drop, -down.drop);
}

TEST(ChargeTransfer, densities_belong_to_the_area_of_their_own_cell) {
  auto lower = metal(4.0, 2.0), upper = metal(5.0, 3.0);
  lower.area = 20.0;
  upper.area = 30.0;

  EXPECT_NEAR(transfer_charge(lower, upper, {3.0, 10.0, 1.0}).electrons,
              transfer_charge(metal(4.0), metal(5.0), {3.0, 10.0, 1.0}).electrons, 1e-12);
}

TEST(ChargeTransfer, without_a_common_vacuum_level_is_refused) {
  auto blind = metal(5.0);
  blind.vacuum.reset();

  auto const result = transfer_charge(metal(4.0), blind, {3.0, 10.0, 1.0});

  EXPECT_EQ(result.status, Status::refused);
  EXPECT_NE(result.reason.find("no_common_vacuum_level"), std::string::npos);
  EXPECT_EQ(result.electrons, 0.0);
}

TEST(ChargeTransfer, levels_inside_both_gaps_move_no_charge) {
  auto const aligned = transfer_charge(insulator(3.0, 6.0), insulator(2.0, 6.3), {3.0, 10.0, 1.0});
  auto const broken = transfer_charge(insulator(2.0, 4.0), insulator(2.0, 7.0), {3.0, 10.0, 1.0});
  auto const in_gap = transfer_charge(metal(5.0), insulator(3.0, 6.5), {3.0, 10.0, 1.0});

  EXPECT_EQ(aligned.reason, "gapped");
  EXPECT_EQ(aligned.electrons, 0.0);
  // Valence top 4 eV below the vacuum, conduction bottom 5 eV below it: 1 eV to share.
  EXPECT_EQ(broken.reason, "");
  EXPECT_NEAR(broken.electrons, 1.0 / (1.0 / 2.0 + 1.0 / 2.0 + 180.95128 * 0.3), 1e-6);
  EXPECT_EQ(in_gap.electrons, 0.0);
}

TEST(ChargeTransfer, a_table_that_ends_inside_the_window_is_refused) {
  auto short_one = metal(4.0);
  short_one.states = {{-0.1, 5.0}, {1.0, 1.0}, {}, {}};

  auto const result = transfer_charge(short_one, metal(6.0, 100.0), {0.0, 10.0, 1.0});

  EXPECT_EQ(result.status, Status::refused);
  EXPECT_NE(result.reason.find("range_of_states"), std::string::npos);
  EXPECT_THROW(transfer_charge(metal(4.0), metal(5.0), {3.0, 0.0, 1.0}), InputError);
  EXPECT_THROW(transfer_charge(metal(4.0), metal(5.0), {-1.0, 10.0, 1.0}), InputError);
  EXPECT_THROW(transfer_charge(metal(4.0), metal(5.0), {3.0, 10.0, std::nan("")}), InputError);
}

TEST(BandOffset, follows_levels_and_step) {
  BandLevels const lower{1.0, 4.0, -2.0}, upper{0.5, 2.5, -3.0};

  auto const offset = band_offset(lower, upper, 0.2);

  EXPECT_NEAR(offset.valence, 3.5 - 3.0 + 0.2, 1e-14);
  EXPECT_NEAR(offset.conduction, 5.5 - 6.0 + 0.2, 1e-14);
  EXPECT_EQ(offset.type, "straddling");
  EXPECT_EQ(band_offset(lower, upper, 1.0).type, "staggered");
  EXPECT_EQ(band_offset(lower, upper, 5.0).type, "broken");
  EXPECT_EQ(band_offset(lower, lower, 0.0).valence, 0.0);
  // Turned over, with the step reversed.
  EXPECT_NEAR(band_offset(upper, lower, -0.2).valence, -offset.valence, 1e-14);
  EXPECT_THROW(band_offset({2.0, 1.0, 0.0}, upper, 0.0), InputError);
}

}  // namespace
}  // namespace nacre
