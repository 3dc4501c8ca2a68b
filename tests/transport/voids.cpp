#include "nacre/transport/voids.hpp"

#include <gtest/gtest.h>

#include "hop_crystals.hpp"
#include "nacre/core/error.hpp"
#include "nacre/transport/hop_analysis.hpp"

namespace nacre {
namespace {

TEST(Voids, of_fluorite_are_the_centres_of_its_empty_cubes) {
  auto const voids = find_voids(test::fluorite(58, 8, 5.41), 8, -2);

  ASSERT_FALSE(voids.empty());
  EXPECT_EQ(voids[0].places.size(), 4u);  // (1/2, 1/2, 1/2) and what face centring makes of it
  EXPECT_EQ(voids[0].coordination, 8);
  EXPECT_NEAR(voids[0].distance, std::sqrt(3.0) / 4.0 * 5.41, 1e-6);
  for (auto const& place : voids[0].places) {
    Eigen::Vector3d const f = place / 5.41;
    EXPECT_NEAR(std::abs(std::cos(std::numbers::pi * (f.sum() - 0.5))), 1.0, 1e-6);  // an odd number of halves
  }
}

TEST(Voids, of_rock_salt_are_tetrahedra_between_both_kinds_of_ions) {
  auto const voids = find_voids(test::rock_salt(12, 4.21), 12, 2);

  ASSERT_EQ(voids.size(), 1u);
  EXPECT_EQ(voids[0].places.size(), 8u);
  EXPECT_NEAR(voids[0].distance, std::sqrt(3.0) / 4.0 * 4.21, 1e-6);
  ASSERT_TRUE(voids[0].mismatch.has_value());
  EXPECT_GT(*voids[0].mismatch, 0.0);  // 1.82 A from four oxygen ions: too close for Mg2+
}

TEST(Voids, turn_and_shift_with_the_crystal_and_repeat_with_its_cell) {
  auto crystal = test::fluorite(58, 8, 5.41);
  crystal.positions.colwise() += Eigen::Vector3d(0.7, -0.3, 1.1);

  auto const twice = find_voids(supercell(crystal, {2, 1, 1}), 8, -2);

  ASSERT_FALSE(twice.empty());
  EXPECT_EQ(twice[0].places.size(), 8u);
  EXPECT_NEAR(twice[0].distance, std::sqrt(3.0) / 4.0 * 5.41, 1e-4);
}

TEST(Voids, carry_an_ion_from_one_to_the_next) {
  auto const crystal = test::fluorite(58, 8, 5.41);
  auto const voids = find_voids(crystal, 8, -2);
  Eigen::Matrix3Xd places(3, std::ssize(voids[0].places));
  for (std::size_t k = 0; k < voids[0].places.size(); ++k) places.col(static_cast<Eigen::Index>(k)) = voids[0].places[k];

  auto const network = find_interstitial_hops(crystal, 8, places);

  EXPECT_EQ(network.site_orbits.size(), 1u);
  ASSERT_EQ(network.hop_orbits.size(), 1u);
  EXPECT_NEAR(network.hop_length, 5.41 / std::sqrt(2.0), 1e-6);
  EXPECT_TRUE(network.hop_orbits[0].exchange);
}

TEST(Voids, refuse_options_that_make_no_sense) {
  VoidOptions options;
  options.least_distance = 0.0;
  EXPECT_THROW(find_voids(test::rock_salt(12, 4.21), 12, 2, options), InputError);
  options = {};
  options.step = 5.0;
  EXPECT_THROW(find_voids(test::rock_salt(12, 4.21), 12, 2, options), InputError);
}

}  // namespace
}  // namespace nacre
