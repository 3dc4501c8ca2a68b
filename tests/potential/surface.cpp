#include "nacre/potential/contact_energy.hpp"

#include <gtest/gtest.h>

#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::shared_ptr<Potential const> plain_model(std::string const& set) {
  PotentialOptions options;
  options.taper = false;  // as the reference numbers
  return make_potential("rigid-ion:" + set, options);
}

struct Layer {
  BulkState bulk;
  Slab slab;
};

Layer make_layer(Crystal const& crystal, Eigen::Vector3i const& miller, std::string const& lower, int repeats,
                 Potential const& model) {
  auto bulk = relax_bulk(crystal, model, 1, false);
  auto const plane = make_plane(bulk.crystal, miller);
  for (auto const& termination : find_terminations(plane)) {
    if (termination.lower == lower && !termination.polar()) return {bulk, make_slab(plane, termination, repeats)};
  }
  throw std::runtime_error("no termination " + lower);
}

TEST(SurfaceEnergy, agrees_with_published_rigid_ion_values) {
  struct Case {
    Crystal crystal;
    Eigen::Vector3i miller;
    char const *lower, *set;
    double unrelaxed, relaxed;
    int repeats;
  };
  // potentials.md 4: slabs of 5 trilayers and 8 planes
  std::vector<Case> const cases{{test::magnesia(), {0, 0, 1}, "MgO", "grimes", 1.296, 1.296, 4},
                                {test::magnesia(), {0, 0, 1}, "MgO", "pedone2006", 1.125, 1.109, 4},
                                {test::ceria(), {1, 1, 1}, "O", "grimes", 1.638, 1.578, 5},
                                {test::zirconia(), {1, 1, 1}, "O", "pedone2006", 1.621, 1.583, 5}};
  for (auto const& c : cases) {
    auto const model = plain_model(c.set);
    auto const layer = make_layer(c.crystal, c.miller, c.lower, c.repeats, *model);

    auto const energy = surface_energy(layer.slab, layer.bulk, *model, {});

    ASSERT_TRUE(energy.relaxed.ok()) << energy.relaxed.reason;
    EXPECT_NEAR(energy.unrelaxed.value, c.unrelaxed, 1e-3) << c.set;  // printed with three decimals
    EXPECT_NEAR(energy.relaxed.value, c.relaxed, 1e-3) << c.set;
  }
}

/// Both in-plane vectors of the plane stretched, bulk and slab relaxed on them.
double stretched_energy(Layer const& layer, double strain, Potential const& model) {
  auto plane = layer.slab.plane;
  Eigen::Matrix3d stretch = Eigen::Matrix3d::Identity();
  Eigen::Vector3d const normal = plane.frame.row(2);
  stretch += strain * (Eigen::Matrix3d::Identity() - normal * normal.transpose());
  Crystal crystal = layer.bulk.crystal;
  crystal.lattice = stretch * crystal.lattice;
  crystal.positions = stretch * crystal.positions;
  auto const bulk = relax_on_plane(make_plane(crystal, plane.miller), model);
  auto const cuts = find_terminations(bulk.plane);
  auto const same = std::ranges::find(cuts, layer.slab.termination.lower, &Termination::lower);
  return surface_energy(make_slab(bulk.plane, *same, layer.slab.repeats), bulk.bulk, model, {}).relaxed.value;
}

TEST(SurfaceEnergy, changes_with_strain_as_the_surface_stress_says) {
  auto const model = plain_model("grimes");
  for (auto const& [crystal, lower] : {std::pair(test::magnesia(), "MgO"), {test::strontium_titanate(), "TiO2"}}) {
    auto const layer = make_layer(crystal, {0, 0, 1}, lower, 3, *model);
    double const sensitivity = surface_energy(layer.slab, layer.bulk, *model, {}).strain_sensitivity;
    double const thinner = stretched_energy(layer, -0.001, *model), wider = stretched_energy(layer, 0.001, *model);

    EXPECT_NEAR(sensitivity, 0.01 * (wider - thinner) / 0.002, 1e-3 * std::abs(sensitivity) + 1e-5) << lower;  // third order
  }
}

}  // namespace
}  // namespace nacre
