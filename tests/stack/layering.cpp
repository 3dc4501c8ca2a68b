#include "nacre/stack/layering.hpp"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// Two slabs of rock salt, planes 2 Å apart within a layer, the upper layer `gap` above the lower one.
struct Pair {
  Crystal crystal;
  std::vector<int> layer;
  Pair(double gap, double period) {
    crystal.lattice = Eigen::Vector3d(4.0, 4.0, period).asDiagonal();
    crystal.positions.resize(3, 12);
    Eigen::Index next = 0;
    for (int number = 1; number <= 2; ++number) {
      for (int plane = 0; plane < 3; ++plane) {
        double const z = 2.0 * plane + (number == 2 ? 4.0 + gap : 0.0);
        double const metal = plane % 2 == 0 ? 0.0 : 2.0;
        crystal.positions.col(next++) << metal, metal, z;
        crystal.positions.col(next++) << 2.0 - metal, 2.0 - metal, z;
        for (int const element : {12, 8}) {
          crystal.numbers.push_back(element);
          layer.push_back(number);
        }
      }
    }
  }
};

/// Atoms moved by a height and put back into the cell.
Crystal wrapped(Crystal crystal, double by) {
  crystal.positions.row(2).array() += by;
  Eigen::Matrix3Xd f = crystal.lattice.inverse() * crystal.positions;
  f.array() -= f.array().floor();
  crystal.positions = crystal.lattice * f;
  return crystal;
}

TEST(Layering, separation_of_ideal_slabs_is_exact_wherever_the_cell_is_cut) {
  for (double const by : {0.0, 1.0, 5.1, -4.1, -9.0, 17.3, 24.0}) {
    Pair const pair(2.3, 28.0);
    auto const crystal = wrapped(pair.crystal, by);

    auto const layering = find_layering(crystal, pair.layer);
    auto const contacts = contact_shapes(layering, planes_by_height(layering));

    ASSERT_EQ(contacts.size(), 1u) << by;
    EXPECT_NEAR(contacts[0].z_separation, 2.3, 1e-12) << by;
    EXPECT_EQ(contacts[0].lower, 1);
    EXPECT_EQ(contacts[0].upper, 2);
    EXPECT_NEAR(layering.vacuum, 28.0 - 10.3, 1e-12);
    EXPECT_NEAR(layer_shapes(layering, planes_by_height(layering))[1].thickness, 4.0, 1e-12);
  }
}

TEST(Layering, layers_numbered_from_above_are_told_by_where_they_touch) {
  Pair pair(2.3, 28.0);
  for (auto& number : pair.layer) number = 3 - number;

  auto const layering = find_layering(pair.crystal, pair.layer);
  auto const contacts = contact_shapes(layering, planes_by_height(layering));

  EXPECT_EQ(layering.order, (std::vector<int>{2, 1}));
  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_EQ(contacts[0].lower, 2);
  EXPECT_NEAR(contacts[0].z_separation, 2.3, 1e-12);
}

TEST(Layering, a_superlattice_has_a_contact_across_its_border) {
  Pair const pair(2.3, 12.4);
  for (double const by : {0.0, 3.0, 7.5}) {
    auto const crystal = wrapped(pair.crystal, by);

    auto const layering = find_layering(crystal, pair.layer);
    auto const contacts = contact_shapes(layering, planes_by_height(layering));

    ASSERT_EQ(contacts.size(), 2u);
    EXPECT_NEAR(contacts[0].z_separation, 2.3, 1e-12);
    EXPECT_EQ(contacts[1].lower, 2);
    EXPECT_EQ(contacts[1].upper, 1);
    EXPECT_NEAR(contacts[1].z_separation, 2.1, 1e-12);
  }
}

TEST(Layering, knows_tilted_cells_turned_crystals_and_cells_without_a_third_direction) {
  Pair pair(1.9, 30.0);
  auto tilted = pair.crystal;
  tilted.lattice.col(2) += Eigen::Vector3d(1.3, -0.7, 0.0);
  auto turned = pair.crystal;
  Eigen::Matrix3d const rotation =
      (Eigen::AngleAxisd(0.8, Eigen::Vector3d::UnitX()) * Eigen::AngleAxisd(2.1, Eigen::Vector3d::UnitY()))
          .toRotationMatrix();
  turned.lattice = rotation * turned.lattice;
  turned.positions = rotation * turned.positions;
  auto open = pair.crystal;
  open.periodic[2] = false;

  for (auto const& crystal : {tilted, turned, open}) {
    auto const layering = find_layering(crystal, pair.layer);
    auto const contacts = contact_shapes(layering, planes_by_height(layering));

    ASSERT_EQ(contacts.size(), 1u);
    EXPECT_NEAR(contacts[0].z_separation, 1.9, 1e-12);
    EXPECT_NEAR(layering.area, 16.0, 1e-12);
  }
}

TEST(Layering, a_relaxed_plane_keeps_the_atoms_of_the_unrelaxed_one) {
  Pair const pair(2.0, 30.0);
  auto relaxed = pair.crystal;
  relaxed.positions(2, 5) += 0.4;  // oxygen of the lower layer's face goes up
  relaxed.positions(2, 6) -= 0.1;
  auto const planes = planes_by_height(find_layering(pair.crystal, pair.layer));

  auto const layering = find_layering(relaxed, pair.layer);
  auto const contact = contact_shapes(layering, planes).at(0);
  auto const shapes = layer_shapes(layering, planes);

  EXPECT_NEAR(contact.z_separation, 2.0 - 0.2 - 0.05, 1e-12);
  EXPECT_NEAR(contact.closest, 1.5, 1e-12);
  EXPECT_NEAR(shapes[0].upper.corrugation, 0.4, 1e-12);
  EXPECT_NEAR(shapes[0].upper.roughness, 0.2, 1e-12);
  EXPECT_NEAR(shapes[1].lower.corrugation, 0.1, 1e-12);
}

TEST(Layering, refuses_layers_within_one_another) {
  Pair pair(2.0, 30.0);
  std::swap(pair.layer[0], pair.layer[11]);

  EXPECT_THROW(find_layering(pair.crystal, pair.layer), InputError);
}

TEST(Layering, layers_are_found_by_heights_or_by_what_is_bonded) {
  Pair const pair(6.0, 40.0);

  EXPECT_EQ(layers_by_height(pair.crystal, {7.0}), pair.layer);
  EXPECT_EQ(layers_by_bonds(pair.crystal), pair.layer);
  EXPECT_EQ(layers_by_height(Pair(2.3, 12.4).crystal, {-1.0, 5.0}), pair.layer);
  EXPECT_THROW(layers_by_height(pair.crystal, {7.0, 3.0}), InputError);
}

}  // namespace
}  // namespace nacre
