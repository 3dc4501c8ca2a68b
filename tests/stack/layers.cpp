// Stacks of three layers and more: one cell for all of them, every contact on its own.
#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/stack/stack.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Slab make(Crystal const& crystal, Eigen::Vector3i const& miller, int repeats, std::size_t termination = 0) {
  auto const plane = make_plane(crystal, miller);
  return make_slab(plane, find_terminations(plane).at(termination), repeats);
}

std::vector<Coincidence> matches(Slab const& top, Slab const& bottom, CoincidenceOptions const& limits) {
  return find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                           layer_point_group(bottom.plane), limits);
}

/// The coincidence turned the other way: rows of both layers mirrored in the x axis of a square lattice.
Coincidence turned_back(Coincidence const& c, Eigen::Matrix2d const& square) {
  Eigen::Matrix2i const mirror{{1, 0}, {0, -1}};
  return make_coincidence(square, square, c.film * mirror, c.substrate * mirror);
}

TEST(Layers, of_one_lattice_turned_by_sigma_5_share_5_or_25_cells) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const sigma5 = matches(slab, slab, {6.0 * slab.plane.area(), 1e-6}).at(1);
  auto const back = turned_back(sigma5, slab.plane.basis);
  ASSERT_NEAR(back.twist, -sigma5.twist, 1e-12);
  ASSERT_EQ(back.film_index, 5);

  auto const there_and_back = make_frame({slab, slab, slab}, {{.coincidence = sigma5}, {.coincidence = back}});
  auto const on_and_on = make_frame({slab, slab, slab}, {{.coincidence = sigma5}, {.coincidence = sigma5}});

  for (auto const& layer : there_and_back.layers) EXPECT_EQ(layer.cells(), 5);
  EXPECT_NEAR(there_and_back.layers[2].twist, 0.0, 1e-12);
  for (auto const& layer : on_and_on.layers) EXPECT_EQ(layer.cells(), 25);
  EXPECT_NEAR(on_and_on.layers[2].twist, 2.0 * sigma5.twist, 1e-9);
  EXPECT_EQ(atom_count(on_and_on, {slab, slab, slab}), 3 * 25 * static_cast<std::int64_t>(slab.crystal.size()));
}

TEST(Layers, all_lie_on_one_cell) {
  auto const sto = make(test::strontium_titanate(), {0, 0, 1}, 1), mgo = make(test::magnesia(), {0, 0, 1}, 2),
             ceo2 = make(test::ceria(), {0, 0, 1}, 1, 0);
  SlabList const slabs{sto, mgo, ceo2, sto};
  Rng rng(41, "four layers", 0);
  for (int trial = 0; trial < 5; ++trial) {
    std::vector<ContactDesign> contacts;
    for (std::size_t k = 0; k + 1 < slabs.size(); ++k) {
      auto const list = matches(slabs[k + 1], slabs[k], {90.0, 0.1});
      contacts.push_back({list.at(rng.below(std::min<std::size_t>(list.size(), 4))),
                          {rng.uniform(), rng.uniform()},
                          rng.uniform(2.0, 3.0)});
    }

    auto const stack = build_stack(slabs, contacts);

    EXPECT_EQ(static_cast<std::int64_t>(stack.crystal.size()), atom_count(stack, slabs));
    for (std::size_t i = 0; i < slabs.size(); ++i) {
      auto const& layer = stack.layers[i];
      Eigen::Matrix2d const own = slabs[i].get().plane.basis * layer.supercell.transpose().cast<double>();
      EXPECT_LT((layer.deformation * own - stack.cell).norm(), 1e-9);
      EXPECT_GT(layer.cells(), 0);
    }
    for (std::size_t k = 0; k < contacts.size(); ++k) {  // both layers' lattice vectors are vectors of the shift cell
      Eigen::Matrix2d const coordinates = stack.contacts[k].shift_cell.inverse();
      for (std::size_t i : {k, k + 1}) {
        Eigen::Matrix2d const x = coordinates * stack.layers[i].deformation * slabs[i].get().plane.basis;
        EXPECT_LT((x - x.array().round().matrix()).norm(), 1e-7);
      }
      EXPECT_NEAR(std::abs(stack.contacts[k].shift_cell.determinant()) * contacts[k].coincidence.film_index,
                  stack.area / stack.layers[k].cells(), 1e-9)
          << "area of the shift cell is that of the lower cell over the film's index";
    }
  }
}

TEST(Layers, are_shifted_each_against_the_one_below) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = identity_coincidence(slab.plane.basis);
  auto const origins = [&](Eigen::Vector2d const& first, Eigen::Vector2d const& second) {
    auto const frame = make_frame({slab, slab, slab}, {{c, first, 2.0}, {c, second, 2.0}});
    return std::pair(frame.layers[1].origin, frame.layers[2].origin);
  };
  auto const zero = origins({0.0, 0.0}, {0.0, 0.0}), moved = origins({0.25, 0.0}, {0.0, 0.5});

  EXPECT_LT((moved.first - zero.first - slab.plane.basis * Eigen::Vector2d(0.25, 0.0)).norm(), 1e-12);
  EXPECT_LT((moved.second - zero.second - slab.plane.basis * Eigen::Vector2d(0.25, 0.5)).norm(), 1e-12);
}

TEST(Layers, of_a_superlattice_close_with_a_contact_of_their_own) {
  auto const sto = make(test::strontium_titanate(), {0, 0, 1}, 1), mgo = make(test::magnesia(), {0, 0, 1}, 2);
  auto const list = matches(mgo, sto, {90.0, 0.1});
  auto const& c = list.at(1);
  StackOptions options{.geometry = StackGeometry::superlattice};
  options.closing_gap = 2.2;
  options.closing_shift = {0.5, 0.0};

  auto const stack = build_stack(sto, mgo, c, {0.1, 0.2}, 2.0, options);

  ASSERT_EQ(stack.contacts.size(), 2u);
  auto const& closing = stack.contacts[1];
  EXPECT_NEAR(closing.coincidence.twist, -c.twist, 1e-9);
  EXPECT_EQ(closing.coincidence.film_index, c.substrate_index);
  EXPECT_NEAR(std::abs(closing.shift_cell.determinant()), std::abs(stack.contacts[0].shift_cell.determinant()), 1e-9);
  EXPECT_NEAR(stack.crystal.lattice(2, 2),
              sto.thickness() - sto.termination.gap + mgo.thickness() - mgo.termination.gap + 4.2, 1e-9);
}

TEST(Layers, refuse_lists_that_disagree_and_cells_that_explode) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const list = matches(slab, slab, {500.0 * slab.plane.area(), 1e-6});
  std::vector<ContactDesign> contacts;
  for (std::size_t k = list.size() - 4; k < list.size(); ++k) contacts.push_back({list[k], {0.0, 0.0}, 2.0});

  EXPECT_THROW(make_frame({slab}, {}), InputError);
  EXPECT_THROW(make_frame({slab, slab, slab}, {contacts[0]}), InputError);
  EXPECT_THROW(make_frame({slab, slab, slab, slab, slab}, contacts), InputError) << "four different large cells";
}

TEST(EquivalentContacts, need_an_operation_that_carries_one_into_the_other) {
  auto const oxygen = [](Crystal const& crystal) { return make(crystal, {1, 1, 1}, 1, 2); };
  auto const ceo2 = oxygen(test::ceria()), zro2 = oxygen(test::zirconia());
  auto const c = matches(zro2, ceo2, {15.0, 0.08}).at(0);
  StackOptions const options{.geometry = StackGeometry::superlattice};
  auto const alike = build_stack(ceo2, zro2, c, {0.0, 0.0}, 2.5, options);
  auto const sto = make(test::strontium_titanate(), {0, 0, 1}, 1), mgo = make(test::magnesia(), {0, 0, 1}, 1);
  auto const unlike = build_stack(sto, mgo, matches(mgo, sto, {18.0, 0.09}).at(0), {0.0, 0.0}, 2.2, options);

  auto const maps = equivalent_contacts(alike, alike.crystal, 1e-4);

  ASSERT_EQ(maps.size(), 1u);
  EXPECT_EQ(maps[0].from, 0u);
  EXPECT_EQ(maps[0].to, 1u);
  EXPECT_EQ(maps[0].rotation(2, 2), -1) << "the superlattice turned over";
  EXPECT_TRUE(equivalent_contacts(unlike, unlike.crystal, 1e-4).empty()) << "MgO on TiO2 is not MgO on SrO";
}

TEST(EquivalentContacts, of_one_crystal_are_all_alike) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = identity_coincidence(slab.plane.basis);
  ContactDesign const on{c, {0.0, 0.0}, slab.termination.gap};
  auto const bulk = build_stack({slab, slab, slab}, {on, on}, {.geometry = StackGeometry::superlattice});

  EXPECT_EQ(equivalent_contacts(bulk, bulk.crystal, 1e-4).size(), 2u);
}

TEST(GapsFromRadii, are_found_for_every_contact) {
  auto const sto = make(test::strontium_titanate(), {0, 0, 1}, 1), mgo = make(test::magnesia(), {0, 0, 1}, 2);
  SlabList const slabs{sto, mgo, sto};
  std::vector<ContactDesign> contacts{{matches(mgo, sto, {90.0, 0.1}).at(0), {0.3, 0.0}, 1.0},
                                      {matches(sto, mgo, {90.0, 0.1}).at(0), {0.1, 0.2}, 1.0}};
  StackOptions options{.geometry = StackGeometry::superlattice};

  auto const gaps = gaps_from_radii(slabs, contacts, options);

  ASSERT_EQ(gaps.size(), 3u);
  for (std::size_t k = 0; k < 2; ++k) contacts[k].gap = gaps[k];
  options.closing_gap = gaps[2];
  EXPECT_EQ(find_overlap(build_stack(slabs, contacts, options), slabs), "");
  contacts[1].gap = 0.3;
  auto const words = find_overlap(build_stack(slabs, contacts, options), slabs);
  EXPECT_NE(words.find("layer 2) and"), std::string::npos) << words;
  EXPECT_NE(words.find("layer 3)"), std::string::npos) << words;
}

}  // namespace
}  // namespace nacre
