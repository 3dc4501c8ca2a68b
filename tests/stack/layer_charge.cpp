#include "nacre/stack/layer_charge.hpp"

#include <gtest/gtest.h>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

/// Atoms of one element at these heights, in a cell of 20 Å^2 and 40 Å.
Crystal plates(std::vector<double> const& heights) {
  Crystal crystal;
  crystal.lattice = Eigen::Vector3d(4.0, 5.0, 40.0).asDiagonal();
  crystal.positions.setZero(3, std::ssize(heights));
  for (Eigen::Index i = 0; i < std::ssize(heights); ++i) crystal.positions(2, i) = heights[static_cast<std::size_t>(i)];
  crystal.numbers.assign(heights.size(), 12);
  return crystal;
}

TEST(LayerCharges, two_plates_are_a_capacitor) {
  auto const layering = find_layering(plates({10.0, 13.0}), {1, 2});

  auto const result = layer_charges(layering, Eigen::Vector2d(-0.03, 0.03));

  EXPECT_EQ(result.charge, (std::vector<double>{-0.03, 0.03}));
  ASSERT_TRUE(result.step.has_value());
  EXPECT_NEAR(*result.dipole, 0.09, 1e-15);
  EXPECT_NEAR(*result.step, 180.95128 * 0.03 * 3.0 / 20.0, 1e-7);  // digits of the constant
}

TEST(LayerCharges, a_symmetric_stack_has_no_dipole_wherever_it_is_cut) {
  for (double const by : {0.0, 12.3, 28.0}) {
    auto crystal = plates({10.0, 12.0, 14.0, 16.0});
    for (Eigen::Index i = 0; i < 4; ++i) crystal.positions(2, i) = std::fmod(crystal.positions(2, i) + by, 40.0);

    auto const result = layer_charges(find_layering(crystal, {1, 1, 2, 2}), Eigen::Vector4d(0.7, -0.7, -0.7, 0.7));

    EXPECT_NEAR(result.dipole.value(), 0.0, 1e-12) << by;
    EXPECT_EQ(result.charge[0], 0.0);
  }
}

TEST(LayerCharges, a_charged_stack_or_one_without_vacuum_has_no_step) {
  auto full = plates({0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0});

  auto const charged = layer_charges(find_layering(plates({10.0, 13.0}), {1, 2}), Eigen::Vector2d(0.1, 0.0));
  auto const periodic = layer_charges(find_layering(full, {1, 1, 1, 1, 2, 2, 2, 2}), Eigen::VectorXd::Zero(8));

  EXPECT_EQ(charged.reason, "charged");
  EXPECT_FALSE(charged.dipole.has_value());
  EXPECT_EQ(periodic.reason, "no_vacuum");
  EXPECT_FALSE(periodic.step.has_value());
}

TEST(ChargesFromMoments, tell_charge_states_by_high_spin) {
  Crystal crystal;
  for (auto const* name : {"Fe", "Fe", "Ce", "Ce", "Ti", "O", "Gd"}) crystal.numbers.push_back(*atomic_number(name));
  Eigen::VectorXd moments(7);
  moments << -4.1, 3.6, 0.02, 0.96, 0.0, 0.1, 7.0;

  auto const charges = charges_from_moments(crystal, moments);
  moments[0] = 4.5;

  EXPECT_EQ(charges[2], 4.0);
  EXPECT_EQ(charges[3], 3.0);
  EXPECT_EQ(charges[4], 4.0);
  EXPECT_EQ(charges[5], -2.0);
  EXPECT_EQ(charges[6], 3.0);
  EXPECT_THROW(charges_from_moments(crystal, moments), InputError);
}

}  // namespace
}  // namespace nacre
