#include "nacre/potential/order_map.hpp"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/potential/recognize.hpp"

namespace nacre {
namespace {

Crystal perovskite(double a = 3.905) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 5);
  crystal.positions << 0.0, 0.5, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.5;
  crystal.positions *= a;
  crystal.numbers = {38, 22, 8, 8, 8};
  return crystal;
}

double largest(std::vector<double> const& distances) { return *std::ranges::max_element(distances); }

std::vector<double> map_of(Crystal const& crystal, Crystal const& bulk, OrderOptions const& options = {}) {
  return order_map(crystal, std::vector<int>(crystal.size(), 1), {{1, bulk}}, options);
}

TEST(OrderMap, a_crystal_is_like_itself_in_any_cell_and_orientation) {
  auto const bulk = perovskite();
  auto turned = supercell(bulk, {2, 1, 3});
  Eigen::Matrix3d const rotation =
      Eigen::AngleAxisd(1.1, Eigen::Vector3d(1.0, 2.0, -0.5).normalized()).toRotationMatrix();
  turned.lattice = rotation * turned.lattice;
  turned.positions = rotation * turned.positions;

  EXPECT_LT(largest(map_of(turned, bulk)), 1e-12);
}

TEST(OrderMap, some_per_cent_of_strain_and_thermal_motion_stay_below_the_threshold) {
  auto const bulk = perovskite();
  auto strained = supercell(bulk, {2, 2, 2});
  Eigen::Matrix3d const stretch = Eigen::Vector3d(1.02, 0.985, 1.01).asDiagonal();
  strained.lattice = stretch * strained.lattice;
  strained.positions = stretch * strained.positions;
  auto rattled = supercell(bulk, {2, 2, 2});
  Rng rng(1, "order map", 0);
  for (Eigen::Index i = 0; i < rattled.positions.size(); ++i)
    rattled.positions.data()[i] += 0.05 * (2.0 * rng.uniform() - 1.0);

  EXPECT_LT(largest(map_of(strained, bulk)), OrderOptions{}.threshold);
  EXPECT_LT(largest(map_of(rattled, bulk)), OrderOptions{}.threshold);
}

// A crystal of eight repeats whose upper half is displaced by half a cell along x.
TEST(OrderMap, a_shifted_boundary_marks_only_atoms_within_the_cutoff) {
  auto const bulk = perovskite();
  auto stack = supercell(bulk, {1, 1, 8});
  double const middle = 4 * 3.905 - 0.25 * 3.905;  // between the planes of either side
  std::vector<int> layer;
  for (Eigen::Index i = 0; i < stack.positions.cols(); ++i) {
    bool const above = stack.positions(2, i) > middle;
    if (above) stack.positions(0, i) += 0.5 * 3.905;
    layer.push_back(above ? 2 : 1);
  }
  OrderOptions const options;

  auto const distance = order_map(stack, layer, {{1, bulk}, {2, bulk}}, options);
  auto const layering = find_layering(stack, layer);
  auto const contacts = contact_shapes(layering, planes_by_height(layering));
  auto const width = contact_width(layering, contacts[0], distance, options);

  int marked = 0;
  for (std::size_t i = 0; i < distance.size(); ++i) {
    double const z = stack.positions(2, static_cast<Eigen::Index>(i));
    // to the nearest atom of the other half
    double const away =
        z > middle ? std::min(z - 3.5 * 3.905, 8.0 * 3.905 - z) : std::min(4.0 * 3.905 - z, z + 0.5 * 3.905);
    if (away >= options.cutoff) {
      EXPECT_LT(distance[i], 1e-9) << i;
    }
    marked += distance[i] > options.threshold ? 1 : 0;
  }
  EXPECT_GT(marked, 4);
  EXPECT_LT(marked, 40 * 3 / 4);
  ASSERT_TRUE(width.total().has_value());
  EXPECT_GT(*width.total(), 1.0);
  EXPECT_LT(*width.lower, options.cutoff);
  EXPECT_LT(*width.upper, options.cutoff);
  EXPECT_FALSE(width.throughout);
}

TEST(OrderMap, an_undisturbed_boundary_has_no_width) {
  auto const bulk = perovskite();
  auto const stack = supercell(bulk, {1, 1, 6});
  std::vector<int> layer;
  for (Eigen::Index i = 0; i < stack.positions.cols(); ++i)
    layer.push_back(stack.positions(2, i) > 2.75 * 3.905 ? 2 : 1);

  auto const distance = order_map(stack, layer, {{1, bulk}, {2, bulk}});
  auto const layering = find_layering(stack, layer);
  auto const width = contact_width(layering, contact_shapes(layering, planes_by_height(layering))[0], distance);

  EXPECT_LT(largest(distance), 1e-12);
  EXPECT_EQ(width.total(), 0.0);
}

TEST(OrderMap, a_layer_shows_its_own_crystal) {
  auto slab = supercell(perovskite(), {2, 1, 4});
  slab.lattice(2, 2) += 15.0;

  auto const crystal = find_layer_crystal(slab);

  ASSERT_TRUE(crystal.has_value());
  EXPECT_EQ(crystal->repeat.size(), 10u);
  EXPECT_NEAR(crystal->repeat.lattice(2, 2), 3.905, 1e-12);
  auto const distance = map_of(slab, crystal->repeat);
  EXPECT_LT(*std::ranges::min_element(distance), 1e-12);   // in the middle
  EXPECT_GT(largest(distance), OrderOptions{}.threshold);  // at the faces
  EXPECT_FALSE(find_layer_crystal(perovskite()).has_value());
}

TEST(OrderMap, is_not_known_without_a_crystal_and_refuses_other_cutoffs) {
  auto const bulk = perovskite();

  EXPECT_TRUE(std::isnan(order_map(bulk, {1, 1, 1, 1, 2}, {{1, bulk}})[4]));
  EXPECT_THROW(map_of(bulk, bulk, {0.5, 0.1}), InputError);
  EXPECT_THROW(map_of(bulk, bulk, {50.0, 0.1}), InputError);
}

}  // namespace
}  // namespace nacre
