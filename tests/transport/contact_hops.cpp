#include "nacre/transport/contact_hops.hpp"

#include <gtest/gtest.h>

#include "hop_crystals.hpp"
#include "nacre/core/error.hpp"
#include "nacre/stack/slab.hpp"

namespace nacre {
namespace {

constexpr int oxygen = 8;

/// One crystal in two layers, cut in the middle.
struct Cut {
  Crystal crystal;
  std::vector<int> layer;
};
Cut cut(Crystal const& cell, int repeats) {
  Cut stack{supercell(cell, {1, 1, repeats}), {}};
  double const middle = 0.5 * stack.crystal.lattice(2, 2);
  for (auto const& x : stack.crystal.positions.colwise()) stack.layer.push_back(x.z() < middle - 1e-6 ? 1 : 2);
  return stack;
}

StrainedLayer as_layer(Crystal const& cell, int primitive_atoms) {
  StrainedLayer layer;
  layer.repeat = cell;
  layer.primitive_atoms = primitive_atoms;
  layer.repeat_height = cell.lattice(2, 2);
  return layer;
}

class ContactHopsTest : public testing::Test {
 protected:
  ContactHopsTest() {
    PotentialOptions options;
    options.cutoff = 7.0;
    options.background = true;
    model_ = make_potential("rigid-ion:grimes", options);
    options_.settings.supercell = {2, 2, 1};
  }
  std::shared_ptr<Potential const> model_;
  ContactHopOptions options_;
};

TEST_F(ContactHopsTest, give_no_enhancement_for_a_crystal_that_is_cut_and_joined) {
  auto const cell = test::fluorite(58, 8, 5.41);
  auto const stack = cut(cell, 2);

  auto const found = contact_hops(stack.crystal, stack.layer, {as_layer(cell, 3), as_layer(cell, 3)}, oxygen, *model_, options_);

  EXPECT_TRUE(found.continued_crystal);
  for (auto const& g : found.enhancement) {
    ASSERT_TRUE(g.value.has_value()) << g.reason;
    EXPECT_EQ(*g.value, 0.0);
  }
  for (auto const& site : found.sites) EXPECT_NEAR(site.segregation, 0.0, 1e-6);
  for (int const contact : {0, 1}) EXPECT_NEAR(*found.segregation(contact, 1), 0.0, 1e-6);
  EXPECT_EQ(found.words(stack.crystal).size(), 2u);  // x and y are alike
  EXPECT_FALSE(found.dipole_step);
  // the layer's limiting hops in a cell of the stack's shape have the barrier of the whole, from cells of another size
  auto alone = found.bulk[0];
  EXPECT_GT(fit_layer_hops(alone, as_layer(cell, 3), oxygen, *model_, options_.settings, 10.82, {true, true, true}), 0.0);
  ASSERT_EQ(alone.failure, "");
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(*alone.barrier(axis), found.analysis.direction[static_cast<std::size_t>(axis)].walk->barrier, 1e-4);
  }
}

TEST_F(ContactHopsTest, of_one_crystal_change_with_a_wider_cell_by_images_of_the_carrier_alone) {
  auto const cell = test::fluorite(58, 8, 5.41);
  auto const stack = cut(cell, 2);
  auto const found = contact_hops(stack.crystal, stack.layer, {as_layer(cell, 3), as_layer(cell, 3)}, oxygen, *model_, options_);

  auto const check = check_lateral(found, stack.crystal, oxygen, *model_, options_.settings);

  ASSERT_EQ(check.failure, "");
  EXPECT_NEAR(check.change, 0.0, 1e-4);       // every site is the same
  EXPECT_GT(check.barrier_change, 0.01);  // 0.63 eV in this cube, 0.50 eV in one twice as wide (reference/physics2/hops.json)
  EXPECT_LT(check.barrier_change, 0.25);  // a long cell has near images in two directions, far ones in the third
}

TEST_F(ContactHopsTest, keep_to_the_contact_asked_for) {
  auto stack = cut(test::fluorite(58, 8, 5.24), 4);
  options_.settings.supercell = {1, 1, 1};
  options_.compare = false;
  options_.most_computed = 0;
  options_.contact_above = 1;

  auto const found = contact_hops(stack.crystal, stack.layer, {}, oxygen, *model_, options_);

  ASSERT_EQ(found.own, 0);
  ASSERT_TRUE(found.analysis.direction[0].walk.has_value());
  for (int const node : found.analysis.direction[0].walk->nodes) {
    auto const z = found.network.sites[static_cast<std::size_t>(node)].position.z();
    EXPECT_LE(std::abs(z - found.contacts[0]), 6.0 + 1e-9);
  }
}

TEST_F(ContactHopsTest, know_layers_and_contacts) {
  auto lower = test::fluorite(58, 8, 5.24), upper = test::fluorite(40, 8, 5.24);
  auto stack = cut(lower, 2);
  for (std::size_t a = 0; a < stack.layer.size(); ++a) {
    if (stack.layer[a] == 2 && stack.crystal.numbers[a] == 58) stack.crystal.numbers[a] = 40;
  }
  options_.compare = false;
  options_.most_computed = 0;

  auto const found = contact_hops(stack.crystal, stack.layer, {}, oxygen, *model_, options_);

  // cation planes at 0, a/2, a, 3a/2, oxygen planes at a/4 between them: layers end with oxygen below a cation plane
  ASSERT_EQ(found.contacts.size(), 2u);
  EXPECT_NEAR(found.contacts[0], 0.875 * 5.24, 1e-9);
  EXPECT_NEAR(found.contacts[1], 1.875 * 5.24, 1e-9);
  EXPECT_EQ(found.layers, (std::vector<int>{1, 2}));
  for (std::size_t s = 0; s < found.sites.size(); ++s) {
    auto const& site = found.sites[s];
    double const z = found.network.sites[s].position.z(), plane = found.contacts[static_cast<std::size_t>(site.contact)];
    double const apart = z - plane - 10.48 * std::round((z - plane) / 10.48);
    EXPECT_NEAR(site.distance, apart, 1e-9);
  }
  EXPECT_FALSE(found.enhancement[0].value.has_value());
  EXPECT_FALSE(found.continued_crystal);
}

TEST_F(ContactHopsTest, refuse_what_is_no_stack) {
  auto const cell = test::fluorite(58, 8, 5.41);
  auto const stack = cut(cell, 2);
  auto const run = [&](Crystal const& crystal, std::vector<int> const& layer) {
    contact_hops(crystal, layer, {}, oxygen, *model_, options_);
  };

  EXPECT_THROW(run(stack.crystal, std::vector<int>(stack.layer.size(), 1)), InputError);
  auto mixed = stack.layer;
  for (std::size_t a = 0; a < mixed.size(); ++a) mixed[a] = 1 + static_cast<int>(a % 2);
  EXPECT_THROW(run(stack.crystal, mixed), InputError);
  auto vacuum = stack.crystal;
  vacuum.lattice(2, 2) += 15.0;
  EXPECT_THROW(run(vacuum, stack.layer), InputError);
}

TEST_F(ContactHopsTest, build_the_strained_layer_of_a_slab) {
  auto const plane = make_plane(test::fluorite(58, 8, 5.41), {1, 1, 1});
  auto const slab = make_slab(plane, find_terminations(plane).front(), 3);
  Eigen::Matrix2i supercell;
  supercell << 2, 1, 0, 2;
  Eigen::Matrix2d const stretch = 1.01 * Eigen::Matrix2d::Identity();

  auto const layer = strained_layer(slab, supercell, stretch, *model_);

  ASSERT_TRUE(layer.failure.empty()) << layer.failure;
  EXPECT_EQ(layer.primitive_atoms, 3);
  EXPECT_EQ(layer.repeat.size(), 12u);
  EXPECT_NEAR((layer.repeat.lattice.topLeftCorner<2, 2>() - stretch * plane.basis * supercell.transpose().cast<double>()).norm(),
              0.0, 1e-9);
  EXPECT_LT(layer.repeat_height, plane.spacing);  // stretched in the plane, it gets thinner
  EXPECT_GT(shortest_distance(layer.repeat).distance, 2.2);
}

}  // namespace
}  // namespace nacre
