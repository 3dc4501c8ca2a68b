#include "nacre/transport/space_charge.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

SpaceChargeOptions titanate() {
  SpaceChargeOptions options;
  options.permittivity = 150.0;
  options.thickness_nm = 60.0;
  options.segregation_eV = -1.5;
  return options;
}

TEST(SpaceCharge, has_the_golden_numbers) {
  EXPECT_NEAR(depletion_width_nm(150.0, 1e26, 0.4), 8.14348, 5e-6);
  EXPECT_NEAR(depletion_resistance_ratio(2.0, 0.4, 1000.0), 579.53, 5e-3);
}

TEST(SpaceCharge, is_zero_without_segregation) {
  auto options = titanate();
  options.segregation_eV = 0.0;
  double const rounding = 1e-15;  // of the carriers' density; the potential's own scale is kT/e, 0.1 V
  for (auto const rule : {AcceptorRule::frozen, AcceptorRule::mobile}) {
    options.acceptor_rule = rule;
    auto const found = space_charge(options);

    EXPECT_NEAR(found.core_potential_V, 0.0, rounding);
    EXPECT_NEAR(found.core_charge_C_per_m2, 0.0, rounding);
    EXPECT_NEAR(found.excess_conductance_nm, 0.0, rounding);
    EXPECT_NEAR(found.excess_resistance_nm, 0.0, rounding);
    for (double const phi : found.potential_V) EXPECT_NEAR(phi, 0.0, rounding);
  }
}

TEST(SpaceCharge, is_neutral_as_a_whole) {
  for (double const energy : {-2.0, -0.8, -0.01, 0.4}) {
    for (auto const rule : {AcceptorRule::frozen, AcceptorRule::mobile}) {
      auto options = titanate();
      options.segregation_eV = energy;
      options.acceptor_rule = rule;
      EXPECT_NEAR(space_charge(options).neutrality, 0.0, 1e-10) << energy;
    }
  }
}

TEST(SpaceCharge, repels_carriers_from_a_core_that_took_some) {
  auto const found = space_charge(titanate());

  EXPECT_GT(found.core_potential_V, 0.1);
  EXPECT_GT(found.core_charge_C_per_m2, 0.0);
  EXPECT_LT(found.carriers_per_m3.front(), found.carriers_per_m3.back());
  EXPECT_LT(found.excess_conductance_nm, 0.0);
  EXPECT_GT(found.resistance_ratio, 1.0);
}

// Mott-Schottky: Q = 2 e c_A lambda*, with the tail of carriers a share kT/(z e phi) less
TEST(SpaceCharge, has_the_charge_of_a_depletion_layer) {
  auto options = titanate();
  options.temperature = 300.0;
  options.points = 4000;
  auto const found = space_charge(options);
  double const kt_over_phi = 8.617333262e-5 * 300.0 / (2.0 * found.core_potential_V);
  double const charge = 2.0 * 1.602176634e-19 * 1e26 * found.width_nm * 1e-9;

  EXPECT_NEAR(found.core_charge_C_per_m2 / charge, std::sqrt(1.0 - kt_over_phi), 2e-3);  // the grid's error
}

// Debye: a small charge is screened as exp(-x/lambda_D)
TEST(SpaceCharge, screens_small_charges_over_the_debye_length) {
  auto options = titanate();
  options.segregation_eV = -1e-4;
  options.acceptor_rule = AcceptorRule::mobile;
  options.points = 4000;
  auto const found = space_charge(options);

  std::size_t far = 0;
  while (found.distance_nm[far] < found.debye_nm) ++far;
  EXPECT_NEAR(found.potential_V[far] / found.potential_V[0], std::exp(-found.distance_nm[far] / found.debye_nm), 1e-3);
}

TEST(SpaceCharge, refuses_nonsense) {
  auto options = titanate();
  options.temperature = 0.0;
  EXPECT_THROW(space_charge(options), InputError);
  options = titanate();
  options.acceptor_charge = 1.0;
  EXPECT_THROW(space_charge(options), InputError);
  options = titanate();
  options.acceptors = 2e29;
  EXPECT_THROW(space_charge(options), InputError);
  options = titanate();
  options.segregation_eV = NAN;
  EXPECT_THROW(space_charge(options), InputError);
}

}  // namespace
}  // namespace nacre
