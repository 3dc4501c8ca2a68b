#include "nacre/stack/stack.hpp"

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/crystal/symmetry.hpp"
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

std::map<int, int> composition(Crystal const& crystal) {
  std::map<int, int> counts;
  for (int number : crystal.numbers) ++counts[number];
  return counts;
}

Crystal layer_of(Stack const& stack, int layer) {
  Crystal part;
  part.lattice = stack.crystal.lattice;
  std::vector<Eigen::Index> chosen;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] != layer) continue;
    chosen.push_back(static_cast<Eigen::Index>(i));
    part.numbers.push_back(stack.crystal.numbers[i]);
  }
  part.positions = stack.crystal.positions(Eigen::all, chosen);
  return part;
}

/// Slabs that differ in crystal, plane, termination and thickness.
std::vector<Slab> example_slabs() {
  return {make(test::strontium_titanate(), {0, 0, 1}, 1),
          make(test::strontium_titanate(), {1, 1, 0}, 2, 1),
          make(test::magnesia(), {0, 0, 1}, 2),
          make(test::ceria(), {1, 1, 1}, 1, 1),
          make(test::zirconia(), {1, 1, 1}, 2, 2),
          make(test::rutile(), {1, 1, 0}, 1),
          make(test::wurtzite(), {1, 0, 0}, 1)};
}

TEST(Stack, loses_and_doubles_no_atoms) {
  auto const slabs = example_slabs();
  Rng rng(21, "stack builds", 0);
  int built = 0;
  for (auto const& bottom : slabs) {
    for (auto const& top : slabs) {
      auto const list = matches(top, bottom, {220.0, 0.05});
      if (list.empty()) continue;
      auto const& c = list[rng.below(list.size())];
      SCOPED_TRACE(bottom.crystal.name + "|" + top.crystal.name);
      auto const stack = build_stack(bottom, top, c, {rng.uniform(), rng.uniform()}, 2.5);
      ++built;

      ASSERT_EQ(static_cast<std::int64_t>(stack.crystal.size()), atom_count(c, bottom, top));
      auto expected = composition(bottom.crystal);
      for (auto& [number, count] : expected) count *= c.substrate_index;
      for (auto const& [number, count] : composition(top.crystal)) expected[number] += c.film_index * count;
      EXPECT_EQ(composition(stack.crystal), expected);
      for (auto const& [layer, slab] : {std::pair(1, &bottom), std::pair(2, &top)}) {
        double const bulk = shortest_distance(slab->plane.primitive).distance;
        EXPECT_GT(shortest_distance(layer_of(stack, layer)).distance, 0.94 * bulk) << "strained by at most 5 %";
      }
      EXPECT_EQ(stack.crystal.oxidation.size(), stack.crystal.size());
      EXPECT_TRUE(std::ranges::is_sorted(stack.plane));
    }
  }
  EXPECT_GE(built, 30);
}

TEST(Stack, deforms_both_layers_onto_one_cell) {
  auto const bottom = make(test::strontium_titanate(), {0, 0, 1}, 2), top = make(test::magnesia(), {0, 0, 1}, 3);
  for (auto const& c : matches(top, bottom, {250.0, 0.04})) {
    auto const stack = build_stack(bottom, top, c, {0.2, 0.3}, 2.0);
    Eigen::Matrix2d const cell = stack.crystal.lattice.topLeftCorner<2, 2>();
    Eigen::Matrix2d const first = stack.layers[0].deformation * bottom.plane.basis * c.substrate.transpose().cast<double>();
    Eigen::Matrix2d const second = stack.layers[1].deformation * top.plane.basis * c.film.transpose().cast<double>();
    Eigen::Matrix2d const turn{{std::cos(c.twist), -std::sin(c.twist)}, {std::sin(c.twist), std::cos(c.twist)}};

    EXPECT_LT((first - cell).norm(), 1e-10);
    EXPECT_LT((second - cell).norm(), 1e-10);
    EXPECT_NEAR(stack.area, cell.determinant(), 1e-10);
    EXPECT_LT((stack.layers[0].deformation - stack.layers[0].deformation.transpose()).norm(), 1e-12) << "layer 1 does not turn";
    // half of the misfit each: layer 2 is turned by the twist and strained by the other half
    EXPECT_LT((stack.layers[0].strain + stack.layers[1].strain).norm(), 1e-12);
    Eigen::Matrix2d const stretch = stack.layers[1].deformation * turn.transpose();
    EXPECT_LT((stretch - stack.layers[0].deformation.inverse()).norm(), 1e-10);
    EXPECT_EQ(stack.strain_energy_per_area, 0.0);
  }
}

TEST(Stack, puts_the_facing_planes_at_the_gap) {
  auto const bottom = make(test::strontium_titanate(), {0, 0, 1}, 2), top = make(test::ceria(), {1, 1, 1}, 1, 1);
  auto const c = matches(top, bottom, {400.0, 0.05}).at(0);
  auto const stack = build_stack(bottom, top, c, {0.0, 0.0}, 2.3, {.vacuum = 20.0});
  double highest = -1e9, lowest = 1e9, bottom_most = 1e9, top_most = -1e9;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    double const z = stack.crystal.positions(2, static_cast<Eigen::Index>(i));
    (stack.layer[i] == 1 ? highest : top_most) = std::max(stack.layer[i] == 1 ? highest : top_most, z);
    (stack.layer[i] == 1 ? bottom_most : lowest) = std::min(stack.layer[i] == 1 ? bottom_most : lowest, z);
  }

  EXPECT_NEAR(lowest - highest, 2.3, 1e-9);
  EXPECT_NEAR(stack.crystal.lattice(2, 2) - (top_most - bottom_most), 20.0, 1e-9);
  EXPECT_NEAR(bottom_most, 10.0, 1e-9);
  EXPECT_FALSE(stack.crystal.periodic[2]);
}

TEST(Stack, shares_strain_by_stiffness) {
  auto const bottom = make(test::ceria(), {1, 1, 1}, 2, 2), top = make(test::zirconia(), {1, 1, 1}, 2, 2);
  auto const c = matches(top, bottom, {15.0, 0.08}).at(0);
  Eigen::Matrix3d const q{{2.0, 0.5, 0.0}, {0.5, 2.0, 0.0}, {0.0, 0.0, 0.75}};

  auto const stack = build_stack(bottom, top, c, {0.0, 0.0}, 2.0, {.stiffness = {3.0 * q, q}});

  double const weight = top.thickness() / (3.0 * bottom.thickness() + top.thickness());
  double const h = std::log(5.09 / 5.411);
  EXPECT_NEAR(stack.layers[0].strain[0], weight * h, 1e-12);
  EXPECT_NEAR(stack.layers[1].strain[1], (weight - 1.0) * h, 1e-12);
  EXPECT_GT(stack.strain_energy_per_area, 0.0);
}

TEST(Stack, of_the_reference_contacts_has_their_cells) {  // reference/physics2, log strains and cells printed there
  auto const bottom = make(test::fluorite(5.410244, "Ce"), {1, 1, 1}, 6, 2);
  auto const top = make(test::fluorite(5.069242, "Zr"), {1, 1, 1}, 6, 2);
  Eigen::Matrix3d q1 = Eigen::Matrix3d::Zero(), q2 = q1;
  q1 << 2.335329590193804, 0.5345527346228638, 0, 0.5345527346228641, 2.3353295901938065, 0, 0, 0, 0.9003884277854705;
  q2 << 2.640947631589673, 0.6122061422089421, 0, 0.6122061422089426, 2.640947631589676, 0, 0, 0, 1.0143707446903658;
  auto const c = matches(top, bottom, {12.82, 0.08}).at(0);

  auto const stack = build_stack(bottom, top, c, {0.0, 0.0}, 2.0, {.stiffness = {q1, q2}});

  // 1e-6: their lattice constants are printed with 6 decimals, their thicknesses are those of the unrounded ones
  EXPECT_NEAR(stack.layers[0].strain[0], -0.03353183337470957, 1e-6);
  EXPECT_NEAR(stack.layers[1].strain[0], 0.031571169608234494, 1e-6);
  EXPECT_NEAR(stack.area, 11.852474307672747, 1e-5);
}

TEST(Stack, of_a_crystal_on_itself_is_the_crystal) {
  for (auto const& slab : example_slabs()) {
    auto const stack = continue_crystal(slab, {.geometry = StackGeometry::superlattice});

    EXPECT_EQ(find_space_group(stack.crystal).number, find_space_group(slab.plane.primitive).number)
        << slab.crystal.name;
    EXPECT_NEAR(stack.crystal.volume(), 2.0 * slab.repeats * slab.plane.primitive.volume(), 1e-9);
    EXPECT_NEAR(shortest_distance(stack.crystal).distance, shortest_distance(slab.plane.primitive).distance, 1e-9);
  }
}

TEST(Stack, keeps_its_registry_when_a_layer_grows) {
  auto const plane = make_plane(test::ceria(), {1, 1, 1});
  auto const terminations = find_terminations(plane);
  auto const c = identity_coincidence(plane.basis);
  auto const shortest = [&](int repeats, Eigen::Vector2d const& shift) {
    auto const slab = make_slab(plane, terminations[2], repeats), top = make_slab(plane, terminations[2], 1);
    return shortest_distance(build_stack(slab, top, c, shift, 0.9).crystal).distance;
  };

  for (Eigen::Vector2d const& shift :
       {Eigen::Vector2d(0.0, 0.0), Eigen::Vector2d(0.4, 0.1), Eigen::Vector2d(0.3, 0.7)}) {
    EXPECT_NEAR(shortest(1, shift), shortest(2, shift), 1e-9);
    EXPECT_NEAR(shortest(1, shift), shortest(4, shift), 1e-9);
  }
}

TEST(Stack, refuses_a_coincidence_of_other_planes) {
  auto const bottom = make(test::strontium_titanate(), {0, 0, 1}, 1), top = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = matches(top, bottom, {100.0, 0.04}).at(0);

  EXPECT_THROW(build_stack(top, bottom, c, {0.0, 0.0}, 2.0), InputError);
  EXPECT_THROW(build_stack(bottom, top, c, {0.0, 0.0}, -1.0), InputError);
}

TEST(Gap, of_rock_salt_on_itself_is_the_bond_length) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 2);
  auto const c = identity_coincidence(slab.plane.basis);
  double const radii = shannon_radius(12, 2.0) + shannon_radius(8, -2.0);

  EXPECT_NEAR(gap_from_radii(slab, slab, c, {0.0, 0.0}), radii, 1e-9);  // Mg above O
  // like ions above each other: 0.9 of their shortest distance in the bulk
  EXPECT_NEAR(gap_from_radii(slab, slab, c, {0.5, 0.5}), 0.9 * 4.212 / std::sqrt(2.0), 1e-9);
}

TEST(Gap, leaves_no_pair_closer_than_its_limit) {
  auto const slabs = example_slabs();
  Rng rng(4, "gaps", 0);
  for (auto const& bottom : slabs) {
    for (auto const& top : slabs) {
      auto const list = matches(top, bottom, {120.0, 0.05});
      if (list.empty()) continue;
      Eigen::Vector2d const shift(rng.uniform(), rng.uniform());
      double const gap = gap_from_radii(bottom, top, list[0], shift);
      auto const stack = build_stack(bottom, top, list[0], shift, gap);

      EXPECT_GT(gap, 0.3);
      EXPECT_LT(gap, 4.0);
      EXPECT_EQ(find_overlap(stack, {bottom, top}), "");
      EXPECT_NE(find_overlap(build_stack(bottom, top, list[0], shift, 0.02), {bottom, top}), "");
    }
  }
}

TEST(Overlap, names_the_atoms_the_distance_and_the_limit) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = identity_coincidence(slab.plane.basis);
  double const limit = 0.7 * (shannon_radius(12, 2.0) + shannon_radius(8, -2.0));
  auto const overlap = [&](double gap) {
    return find_overlap(build_stack(slab, slab, c, {0.0, 0.0}, gap), {slab, slab});
  };

  EXPECT_EQ(overlap(limit + 1e-6), "");
  auto const words = overlap(limit - 0.01);
  EXPECT_NE(words.find("overlap of "), std::string::npos) << words;
  EXPECT_NE(words.find(concat(limit - 0.01)), std::string::npos) << words;
  EXPECT_NE(words.find(concat("limit ", limit)), std::string::npos) << words;
}

TEST(Overlap, sees_the_second_contact_of_a_superlattice) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = identity_coincidence(slab.plane.basis);
  StackOptions options{.geometry = StackGeometry::superlattice};
  options.closing_gap = 1.0;

  EXPECT_NE(find_overlap(build_stack(slab, slab, c, {0.0, 0.0}, 2.1, options), {slab, slab}), "");
  options.closing_gap = 2.1;
  EXPECT_EQ(find_overlap(build_stack(slab, slab, c, {0.0, 0.0}, 2.1, options), {slab, slab}), "");
}

}  // namespace
}  // namespace nacre
