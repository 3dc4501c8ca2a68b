#include "nacre/potential/rigid_ion.hpp"

#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "potential/rigid_ion_pairs.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::for_each_pair;
using test::species;

TEST(CoreGuard, is_exactly_zero_where_ions_can_be) {
  auto bare = PotentialOptions();
  bare.core_guard = false;
  int guarded = 0;
  for_each_pair([&](RigidIonSet const& set, IonPair const& pair) {
    double const radius = core_guard_radius(set, pair.first, pair.second);
    guarded += radius > 0.0 ? 1 : 0;
    auto const& a = species(set, pair.first);
    auto const& b = species(set, pair.second);
    // Below 0.7 of the sum of the radii two ions count as overlapping.
    EXPECT_LT(radius, 0.71 * (shannon_radius(a.number, a.oxidation) + shannon_radius(b.number, b.oxidation)));
    EXPECT_LT(radius, pair.first == pair.second ? 1.71 : 1.27);
    for (double const r : {radius, radius + 1e-6, 1.75, 2.0, 3.7}) {
      if (r <= 0.0 || r < radius) continue;
      EXPECT_EQ(pair_energy(set, {}, pair.first, pair.second, r), pair_energy(set, bare, pair.first, pair.second, r));
    }
  });
  EXPECT_GT(guarded, 20);
}

TEST(CoreGuard, joins_with_value_and_slope_and_makes_every_pair_repel) {
  for_each_pair([&](RigidIonSet const& set, IonPair const& pair) {
    auto const energy = [&](double r) { return pair_energy(set, {}, pair.first, pair.second, r); };
    constexpr double h = 1e-6;
    for (double const joint : {core_guard_radius(set, pair.first, pair.second), pair.wall_radius}) {
      if (joint <= 0.0) continue;
      double const inside = (energy(joint - h) - energy(joint - 2 * h)) / h,
                   outside = (energy(joint + 2 * h) - energy(joint + h)) / h;
      EXPECT_NEAR(energy(joint - h), energy(joint + h), 3 * h * std::abs(outside));
      EXPECT_NEAR(inside, outside, 1e-4 * std::abs(outside));
    }
    // From the guard or from 1 Å inwards the energy rises without end.
    double last = energy(1.0);
    for (double r = 0.98; r > 0.1; r -= 0.02) {
      double const next = energy(r);
      EXPECT_GT(next, last) << r;
      last = next;
    }
  });
}

TEST(CoreGuard, keeps_forces_derivatives_across_its_radius) {
  // Si-O at 1.15 and 1.29 Å, O-O at 1.6 Å: both sides of the guards of this set.
  Crystal crystal;
  crystal.lattice = 6.0 * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 3);
  crystal.positions << 0.0, 1.15, -0.6, 0.0, 0.1, 1.14, 0.0, 0.0, 0.1;
  crystal.numbers = {14, 8, 8};
  test::PotentialTolerances tolerance;
  tolerance.force = 1e-5;  // third derivatives of 1e3 eV/Å^3

  test::expect_forces_are_derivatives(*make_potential("rigid-ion:bks1990"), crystal, tolerance);
  test::expect_forces_are_derivatives(*make_potential("rigid-ion:du_teter"), crystal, tolerance);
}

TEST(InnerWall, agrees_with_the_given_digits) {
  auto const set = read_rigid_ion_set("du_teter");
  auto const file = data_file("potentials/du_teter.json");
  auto const value = Value::parse_json(read_file(file), file.string());
  for (auto const& pair : value.at("pairs").as_array()) {
    auto const* wall = pair.find("inner_wall");
    auto const cation = pair.at("pair").as_array()[0].as_string();
    if (wall == nullptr || cation == "Nd") continue;  // that of Nd-O does not join
    double const r = 0.9 * wall->at("r0_A").as_number();
    double const coulomb = units::coulomb_eV_A * species(set, cation).charge * species(set, "O").charge / r;
    double const given = wall->at("B_given").as_number() * std::pow(r, -wall->at("n").as_number()) +
                         wall->at("D_given").as_number() * r * r;
    EXPECT_NEAR(pair_energy(set, {}, cation, "O", r), given + coulomb, 5e-4 * std::abs(given)) << cation;
  }
}

TEST(InnerWall, stands_before_the_turnover_of_the_bare_pair) {
  auto const path = test::shared_file("reference/physics2/du_teter_turnover.json");
  NACRE_NEEDS_SHARED(path);
  auto const set = read_rigid_ion_set("du_teter");
  auto bare = set;
  for (auto& pair : bare.pairs) pair.wall_radius = 0.0;
  auto options = PotentialOptions();
  options.taper = false;
  options.core_guard = false;
  auto const reference = Value::parse_json(read_file(path), path.string());
  for (auto const& [key, entry] : reference.at("entries").as_object()) {
    auto const cation = key.substr(0, key.find('-'));
    double const r = entry.at("r_max_A").as_number(), height = entry.at("V_max_eV").as_number();
    EXPECT_NEAR(pair_energy(bare, options, cation, "O", r), height, 1e-9 * std::abs(height) + 1e-9) << key;
    EXPECT_LT(pair_energy(bare, options, cation, "O", r - 0.02), height) << key;
    EXPECT_GT(pair_energy(set, {}, cation, "O", r), height) << key;
  }
}

}  // namespace
}  // namespace nacre
