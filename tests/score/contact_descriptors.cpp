#include "nacre/score/contact_descriptors.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/contact.hpp"
#include "stack/unit_crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Values = std::map<std::string, double>;

Slab slab_of(Crystal const& crystal, Eigen::Vector3i const& miller, std::string const& face, int repeats = 2) {
  auto const plane = make_plane(crystal, miller);
  for (auto const& t : find_terminations(plane))
    if (t.lower == face) return make_slab(plane, t, repeats);
  throw std::runtime_error("no face " + face);
}

Coincidence match_of(Slab const& bottom, Slab const& top, std::size_t n) {
  return find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                           layer_point_group(bottom.plane), {.max_area = 100.0, .max_strain = 0.09})
      .at(n);
}

Values describe(Slab const& bottom, Slab const& top, Eigen::Vector2d const& shift, std::size_t match = 0,
                StackOptions const& options = {}) {
  auto const frame = make_frame({bottom, top}, {{match_of(bottom, top, match), {0.3, 0.1}, 2.0}}, options);
  ContactDescription const description({bottom, true}, {top, false}, placement_of(frame, 0, false));
  auto const values = description.at(shift, 2.1);
  Values named;
  for (std::size_t i = 0; i < values.size(); ++i) named[contact_descriptor_list()[i].name] = values[i];
  return named;
}

Crystal rocksalt() {
  return test::make_crystal(test::cubic(4.212),
                            {{"Mg", {0, 0, 0}},
                             {"Mg", {0, 0.5, 0.5}},
                             {"Mg", {0.5, 0, 0.5}},
                             {"Mg", {0.5, 0.5, 0}},
                             {"O", {0.5, 0.5, 0.5}},
                             {"O", {0.5, 0, 0}},
                             {"O", {0, 0.5, 0}},
                             {"O", {0, 0, 0.5}}},
                            {{"Mg", 2.0}, {"O", -2.0}});
}

void expect_equal(Values const& a, Values const& b) {
  for (auto const& [name, value] : a) {
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(b.at(name))) << name;
    else
      EXPECT_NEAR(value, b.at(name), 1e-10) << name;
  }
}

TEST(ContactDescriptors, know_the_faces_of_strontium_titanate_and_magnesia) {
  auto const bottom = slab_of(test::strontium_titanate(), {0, 0, 1}, "TiO2"),
             top = slab_of(rocksalt(), {0, 0, 1}, "MgO");

  auto const d = describe(bottom, top, {0.0, 0.0});

  EXPECT_NEAR(d.at("planar_density_top_per_A2"), 2.0 / (0.5 * 4.212 * 4.212), 1e-9);
  EXPECT_NEAR(d.at("atom_density_top_per_A3"), 8.0 / std::pow(4.212, 3), 1e-9);
  EXPECT_NEAR(d.at("broken_bonds_top_per_A2"), 2.0 / (0.5 * 4.212 * 4.212), 1e-9);  // one for each ion of the face
  EXPECT_EQ(d.at("coordination_bulk_top"), 6.0);
  EXPECT_EQ(d.at("coordination_face_top"), 5.0);
  EXPECT_EQ(d.at("cation_oxidation_bottom_e"), 3.0);
  EXPECT_EQ(d.at("cation_oxidation_largest_bottom_e"), 4.0);
  EXPECT_EQ(d.at("d_electrons_bottom"), 0.0);
  EXPECT_NEAR(d.at("anion_share_bottom"), 0.6, 1e-12);
  EXPECT_NEAR(d.at("plane_charge_top_e_per_A2"), 0.0, 1e-12);
  EXPECT_EQ(d.at("tasker_type_top"), 1.0);
  EXPECT_EQ(d.at("miller_l_top"), 1.0);
  EXPECT_TRUE(std::isnan(d.at("surface_energy_top_J_per_m2")));
  EXPECT_TRUE(std::isnan(d.at("elastic_energy_J_per_m2")));
  EXPECT_TRUE(std::isnan(d.at("girifalco_good_J_per_m2")));
}

TEST(ContactDescriptors, count_d_electrons_by_group_and_charge) {
  auto const d3 = test::perovskite(3.85, "La", 3.0, "Cr", 3.0);  // Cr3+: d3, and La none

  auto const bottom = slab_of(d3, {0, 0, 1}, "CrO2"), top = slab_of(rocksalt(), {0, 0, 1}, "MgO");

  EXPECT_NEAR(describe(bottom, top, {0, 0}).at("d_electrons_bottom"), 1.5, 1e-12);
}

TEST(ContactDescriptors, do_not_depend_on_order_place_or_cell_of_the_crystal) {
  Rng rng(3, "order", 0);
  auto const moved = [&](Crystal crystal, Eigen::Vector3i const& repeats) {
    crystal = supercell(crystal, repeats);
    crystal.positions.colwise() += Eigen::Vector3d(0.731, -2.417, 5.113);
    std::vector<Eigen::Index> order(crystal.size());
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    auto shuffled = crystal;
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto const from = static_cast<std::size_t>(order[i]);
      shuffled.positions.col(static_cast<Eigen::Index>(i)) = crystal.positions.col(order[i]);
      shuffled.numbers[i] = crystal.numbers[from];
      shuffled.oxidation[i] = crystal.oxidation[from];
    }
    return shuffled;
  };
  auto const sto = test::strontium_titanate(), mgo = rocksalt();
  Eigen::Vector2d const shift(0.27, 0.41);

  auto const plain = describe(slab_of(sto, {0, 0, 1}, "TiO2"), slab_of(mgo, {0, 0, 1}, "MgO"), shift);
  auto const other = describe(slab_of(moved(sto, {1, 1, 2}), {0, 0, 1}, "TiO2"),
                              slab_of(moved(mgo, {2, 1, 1}), {0, 0, 1}, "MgO"), shift);
  StackOptions doubled;
  doubled.supercell << 2, 0, 0, 1;
  auto const wide = describe(slab_of(sto, {0, 0, 1}, "TiO2"), slab_of(mgo, {0, 0, 1}, "MgO"), shift, 0, doubled);

  expect_equal(plain, other);
  expect_equal(plain, wide);
}

/// Mean over the built stack's cell of the product of both planes' charges, by pairs of atoms.
TEST(ContactDescriptors, give_the_registry_that_the_atoms_of_the_built_stack_have) {
  auto const bottom = slab_of(test::strontium_titanate(), {0, 0, 1}, "SrO"),
             top = slab_of(rocksalt(), {0, 0, 1}, "MgO");
  for (std::size_t const match : {0u, 2u}) {
    auto const coincidence = match_of(bottom, top, match);
    Eigen::Vector2d const shift(0.37, 0.81);
    auto const stack = build_stack(bottom, top, coincidence, shift, 2.1);
    int const last = bottom.atom_plane.back();
    auto const frame = make_frame({bottom, top}, {{coincidence, {0.0, 0.0}, 2.1}});
    ContactDescription const description({bottom, true}, {top, false}, placement_of(frame, 0, false));

    double atoms = 0.0, charges = 0.0, pairs = 0.0, product = 0.0;
    for (std::size_t i = 0; i < stack.crystal.size(); ++i) {
      for (std::size_t j = 0; j < stack.crystal.size(); ++j) {
        if (stack.layer[i] != 1 || stack.plane[i] != last || stack.plane[j] != last + 1) continue;
        double const q = stack.crystal.oxidation[i] * stack.crystal.oxidation[j];
        ++pairs;
        product += q;
        for (int a = -4; a <= 4; ++a) {
          for (int b = -4; b <= 4; ++b) {
            Eigen::Vector3d const r = stack.crystal.positions.col(static_cast<Eigen::Index>(j)) -
                                      stack.crystal.positions.col(static_cast<Eigen::Index>(i)) +
                                      stack.crystal.lattice * Eigen::Vector3d(a, b, 0);
            double const g = std::exp(-r.head<2>().squaredNorm() / (2 * 0.49)) / (2 * units::pi * 0.49);
            atoms += g / stack.area;
            charges += q * g / stack.area;
          }
        }
      }
    }

    auto const values = description.at(shift, 2.1);
    EXPECT_NEAR(values[20], atoms - pairs / (stack.area * stack.area), 1e-10) << match;
    EXPECT_NEAR(values[19], charges - product / (stack.area * stack.area), 1e-10) << match;
    EXPECT_EQ(contact_descriptor_list()[19].name, "registry_charge_e2_per_A4");
  }
}

TEST(ContactDescriptors, flag_charges_that_are_not_known) {
  auto crystal = rocksalt();
  crystal.oxidation.clear();
  auto const plane = make_plane(crystal, {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane, ChargeRule::if_known).front(), 2);

  auto const d = describe(slab, slab, {0.1, 0.2});

  for (char const* name :
       {"plane_charge_bottom_e_per_A2", "cation_oxidation_top_e", "d_electrons_top", "tasker_type_top",
        "anion_share_bottom", "registry_charge_e2_per_A4", "polar_discontinuity_e_per_A2"})
    EXPECT_TRUE(std::isnan(d.at(name))) << name;
  EXPECT_TRUE(std::isfinite(d.at("registry_atoms_per_A4")));
}

TEST(ContactDescriptors, have_a_name_a_unit_and_a_meaning_each) {
  std::map<std::string, int> names;
  for (auto const& d : contact_descriptor_list()) {
    EXPECT_EQ(++names[d.name], 1) << d.name;
    EXPECT_FALSE(d.unit.empty() || d.meaning.empty()) << d.name;
  }
}

}  // namespace
}  // namespace nacre
