#include "nacre/potential/contact_energy.hpp"

#include <atomic>
#include <filesystem>

#include <gtest/gtest.h>

#include <Eigen/Geometry>

#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "stack/crystals.hpp"
#include "support/lennard_jones.hpp"
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

ContactOptions quick() {
  ContactOptions options;
  options.relaxation.fmax = 1e-4;
  options.shifts = options.gaps = 1;
  return options;
}

Value entry_of(std::filesystem::path const& file, std::string const& name, int repeats, char const* key) {
  auto const page = Value::parse_json(read_file(file), file.string());
  for (auto const& row : page.at("entries").at(name).at("rows").as_array()) {
    if (row.at(key).as_integer() == repeats) return row;
  }
  throw std::runtime_error("no row with " + std::to_string(repeats) + " repeats");
}

/// definitions.md 6: a crystal on itself has no interface energy, and parting it costs two surfaces.
struct Identity {
  char const *name, *set, *lower;
  Crystal (*crystal)();
  int rows;     ///< repeats of the reference, conventional cells high
  int repeats;  ///< the same slab in primitive repeats: one plane of MgO
};
class IdentityContact : public testing::TestWithParam<Identity> {};
INSTANTIATE_TEST_SUITE_P(Physics2, IdentityContact,
                         testing::Values(Identity{"MgO", "grimes", "MgO", test::magnesia, 3, 6},
                                         Identity{"SrTiO3", "grimes", "SrO", test::strontium_titanate, 3, 3},
                                         Identity{"MgO", "pedone2006", "MgO", test::magnesia, 3, 6},
                                         Identity{"SrTiO3", "pedone2006", "SrO", test::strontium_titanate, 4, 4}),
                         [](auto const& entry) { return std::string(entry.param.name) + "_" + entry.param.set; });

TEST_P(IdentityContact, has_no_interface_energy_and_adheres_by_two_surfaces) {
  auto const file = test::shared_file("reference/physics2/contact_identity.json");
  NACRE_NEEDS_SHARED(file);
  auto const& p = GetParam();
  auto const row =
      entry_of(file, std::string(p.name) + "(001)|" + p.name + "(001)|" + p.set, p.rows, "repeats_per_layer");
  auto const model = plain_model(p.set);
  auto const layer = make_layer(p.crystal(), {0, 0, 1}, p.lower, p.repeats, *model);
  ContactCache cache;

  auto const stack = continue_crystal(layer.slab);
  auto const result = contact_energies(stack, layer.slab, layer.slab, *model, quick(), cache);

  // definitions.md 3 asks for 1e-3 J/m^2; minimisations that end at forces of 1e-4 eV/A agree better
  ASSERT_TRUE(result.work_of_adhesion.ok()) << result.work_of_adhesion.reason;
  ASSERT_TRUE(result.interface_energy.ok()) << result.interface_energy.reason;
  EXPECT_NEAR(result.work_of_adhesion.value, row.at("W_ad_relaxed_J_m2").as_number(), 1e-4);
  EXPECT_NEAR(result.work_of_separation.value, row.at("W_sep_rigid_from_relaxed_stack_J_m2").as_number(), 2e-4);
  EXPECT_NEAR(result.interface_energy.value, row.at("gamma_int_relaxed_J_m2").as_number(), 1e-4);
  EXPECT_NEAR(result.z_separation, row.at("z_separation_A").as_number(), 2e-4);
  EXPECT_GT(result.work_of_adhesion.standard_error, 0.0);
  EXPECT_LT(result.work_of_adhesion.standard_error, 1e-3);
}

// Members that differ by a factor have one geometry, and energies that differ by that factor.
TEST(ContactEnergy, carries_the_spread_of_a_committee_in_its_error) {
  auto const model = make_potential("committee(lj:0.10,2.5,7;lj:0.12,2.5,7)"), mean = make_potential("lj:0.11,2.5,7");
  auto const layer = make_layer(test::make_fcc(3.9), {0, 0, 1}, "Ar", 3, *mean);
  auto const stack = continue_crystal(layer.slab);
  ContactCache cache;

  auto const result = contact_energies(stack, layer.slab, layer.slab, *model, quick(), cache);
  auto const known = contact_energies(stack, layer.slab, layer.slab, *mean, quick(), cache);

  double const share = 0.02 / 0.11 / std::sqrt(2.0);  // two members: half of their difference times the square root of two
  ASSERT_TRUE(result.work_of_adhesion.ok()) << result.work_of_adhesion.reason;
  EXPECT_NEAR(result.work_of_adhesion.value, known.work_of_adhesion.value, 1e-6);
  EXPECT_NEAR(result.work_of_adhesion.standard_error, share * result.work_of_adhesion.value, 1e-3 * result.work_of_adhesion.value);
  EXPECT_NEAR(result.work_of_separation.standard_error, share * result.work_of_separation.value, 1e-3 * result.work_of_separation.value);
  EXPECT_LT(result.interface_energy.standard_error, 1e-3);  // of a continued crystal all members agree that it is zero
  EXPECT_LT(known.work_of_adhesion.standard_error, 1e-3 * known.work_of_adhesion.value);
}

/// CeO2(111) on ZrO2(111), coherent, strains shared by stiffness.
struct CeriaOnZirconia {
  std::shared_ptr<Potential const> model = plain_model("grimes");
  Layer bottom = make_layer(test::ceria(), {1, 1, 1}, "O", 4, *model);
  Layer top = make_layer(test::zirconia(), {1, 1, 1}, "O", 4, *model);
  std::vector<Coincidence> matches =
      find_coincidences(top.slab.plane.basis, bottom.slab.plane.basis, layer_point_group(top.slab.plane),
                        layer_point_group(bottom.slab.plane), {15.0, 0.08});

  Stack stack(Coincidence const& match, StackGeometry geometry) const {
    StackOptions options;
    options.geometry = geometry;
    options.stiffness = {plane_stiffness(bottom.bulk.stiffness, bottom.slab.plane.frame),
                         plane_stiffness(top.bulk.stiffness, top.slab.plane.frame)};
    return build_stack(bottom.slab, top.slab, match, {0.0, 0.0}, 1.6, options);
  }
};

TEST(ContactEnergy, ceria_on_zirconia_agrees_with_the_reference_from_scratch) {
  auto const file = test::shared_file("reference/physics2/contact_CeO2_ZrO2_111.json");
  NACRE_NEEDS_SHARED(file);
  auto const row = entry_of(file, "CeO2(111)|ZrO2(111)|grimes", 4, "repeats_layer1");
  CeriaOnZirconia const pair;
  ContactOptions protocol = quick();
  protocol.shifts = 2;
  ContactCache cache;
  ContactEnergies best;

  for (auto const& match : pair.matches) {
    auto const result = contact_energies(pair.stack(match, StackGeometry::slab), pair.bottom.slab, pair.top.slab,
                                         *pair.model, protocol, cache);
    if (!best.work_of_adhesion.ok() || result.stack_energy < best.stack_energy) best = result;
  }

  ASSERT_TRUE(best.work_of_adhesion.ok()) << best.work_of_adhesion.reason;
  ASSERT_TRUE(best.interface_energy.ok()) << best.interface_energy.reason;
  // definitions.md 3 asks for 1e-3 J/m^2; minimisations that end at forces of 1e-4 eV/A agree better
  EXPECT_NEAR(best.stack_energy, row.at("E_stack_eV").as_number(), 2e-4);
  EXPECT_NEAR(best.work_of_adhesion.value, row.at("W_ad_relaxed_J_m2").as_number(), 2e-4);
  EXPECT_NEAR(best.work_of_separation.value, row.at("W_sep_rigid_J_m2").as_number(), 2e-4);
  EXPECT_NEAR(best.interface_energy.value, row.at("gamma_int_slab_route_J_m2").as_number(), 2e-4);
  EXPECT_NEAR(best.z_separation, row.at("z_separation_A").as_number(), 2e-4);
}

TEST(InterfacePair, ceria_and_zirconia_in_a_superlattice_agree_with_the_reference) {
  auto const file = test::shared_file("reference/physics2/contact_CeO2_ZrO2_111.json");
  NACRE_NEEDS_SHARED(file);
  auto const row = entry_of(file, "CeO2(111)|ZrO2(111)|grimes", 4, "repeats_layer1");
  CeriaOnZirconia const pair;
  ContactOptions protocol = quick();
  protocol.shifts = 2;
  ContactCache cache;
  InterfacePair best;

  for (auto const& match : pair.matches) {
    auto const result = interface_energy_pair(pair.stack(match, StackGeometry::superlattice), pair.bottom.slab,
                                              pair.top.slab, *pair.model, protocol, cache);
    if (result.mean.ok() && (!best.mean.ok() || result.mean.value < best.mean.value)) best = result;
  }

  ASSERT_TRUE(best.mean.ok()) << best.mean.reason;
  EXPECT_NEAR(best.mean.value, row.at("gamma_int_superlattice_half_J_m2").as_number(), 2e-4);
  EXPECT_TRUE(best.contacts_equivalent);
}

TEST(InterfacePair, a_crystal_on_itself_costs_nothing) {
  auto const model = plain_model("grimes");
  auto const layer = make_layer(test::strontium_titanate(), {0, 0, 1}, "SrO", 2, *model);
  StackOptions options;
  options.geometry = StackGeometry::superlattice;
  ContactCache cache;

  auto const pair =
      interface_energy_pair(continue_crystal(layer.slab, options), layer.slab, layer.slab, *model, quick(), cache);
  auto const slab = interface_energy_pair(continue_crystal(layer.slab), layer.slab, layer.slab, *model, quick(), cache);

  ASSERT_TRUE(pair.mean.ok()) << pair.mean.reason;
  EXPECT_NEAR(pair.mean.value, 0.0, 1e-5);
  EXPECT_EQ(slab.mean.status, Status::refused);
}

/// One cheap contact: three repeats of magnesia on itself.
struct Magnesia {
  std::shared_ptr<Potential const> model = make_potential("rigid-ion:grimes");
  Layer layer = make_layer(test::magnesia(), {0, 0, 1}, "MgO", 2, *model);
};

TEST(ContactEnergy, a_cached_layer_gives_the_same_bits_and_counts_its_work_again) {
  Magnesia const m;
  auto const stack = continue_crystal(m.layer.slab);
  ContactCache fresh, used;
  auto const first = contact_energies(stack, m.layer.slab, m.layer.slab, *m.model, quick(), used);

  auto const again = contact_energies(stack, m.layer.slab, m.layer.slab, *m.model, quick(), used);
  auto const alone = contact_energies(stack, m.layer.slab, m.layer.slab, *m.model, quick(), fresh);

  EXPECT_EQ(again.work_of_adhesion.value, first.work_of_adhesion.value);
  EXPECT_EQ(alone.work_of_adhesion.value, first.work_of_adhesion.value);
  EXPECT_EQ(again.interface_energy.value, first.interface_energy.value);
  EXPECT_EQ(again.work, first.work);
  EXPECT_EQ(alone.work, first.work);
  EXPECT_EQ(again.registry, first.registry);
}

/// Counts what is evaluated.
class CountedModel final : public Potential {
 public:
  CountedModel(std::shared_ptr<Potential const> model, std::shared_ptr<std::atomic<int>> count)
      : model_(std::move(model)), count_(std::move(count)) {}
  Evaluation evaluate(Crystal const& crystal) const override {
    ++*count_;
    return model_->evaluate(crystal);
  }
  std::string name() const override { return model_->name(); }
  std::string identity() const override { return model_->identity(); }
  double cutoff() const override { return model_->cutoff(); }
  std::vector<int> elements() const override { return model_->elements(); }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override {
    return std::make_shared<CountedModel>(model_->with_slab_correction(on), count_);
  }

 private:
  std::shared_ptr<Potential const> model_;
  std::shared_ptr<std::atomic<int>> count_;
};

TEST(ContactCache, keeps_layers_for_later_runs) {
  test::TemporaryFolder const folder;
  CeriaOnZirconia const pair;
  auto const count = std::make_shared<std::atomic<int>>(0);
  CountedModel const model(pair.model, count);
  auto const stack = pair.stack(pair.matches.front(), StackGeometry::slab);
  auto const compute = [&](std::filesystem::path const& where) {
    ContactCache cache(where);
    *count = 0;
    return contact_energies(stack, pair.bottom.slab, pair.top.slab, model, quick(), cache);
  };

  auto const first = compute(folder.path());
  int const all = *count;
  auto const again = compute(folder.path());
  int const fewer = *count;
  for (auto const& entry : std::filesystem::directory_iterator(folder.path())) write_file(entry.path(), "rubbish");
  auto const damaged = compute(folder.path());
  int const as_many = *count;
  auto const elsewhere = compute("/proc/no/such/folder");

  EXPECT_LT(fewer, all - 4);  // two slabs and two bulks are not relaxed again
  EXPECT_EQ(as_many, all);
  for (auto const* other : {&again, &damaged, &elsewhere}) {
    EXPECT_EQ(first.work_of_adhesion.value, other->work_of_adhesion.value);
    EXPECT_EQ(first.interface_energy.value, other->interface_energy.value);
    EXPECT_EQ(first.work, other->work);
  }
}

TEST(ContactEnergy, has_the_same_bits_on_any_number_of_threads) {
  auto const model = make_potential("rigid-ion:grimes");
  auto const layer = make_layer(test::magnesia(), {0, 0, 1}, "MgO", 2, *model);
  auto const stack = continue_crystal(layer.slab);
  auto options = quick();
  options.relaxation.fmax = 1e-2;
  options.shifts = options.gaps = 2;
  std::vector<ContactEnergies> results;
  for (int const threads : {1, 2, 3, 4}) {
    ContactCache cache;
    options.threads = threads;
    results.push_back(contact_energies(stack, layer.slab, layer.slab, *model, options, cache));
  }

  for (auto const& result : results) {
    EXPECT_EQ(result.work_of_adhesion.value, results[0].work_of_adhesion.value);
    EXPECT_EQ(result.work_of_adhesion.standard_error, results[0].work_of_adhesion.standard_error);
    EXPECT_EQ(result.relaxed.positions, results[0].relaxed.positions);
    EXPECT_EQ(result.work, results[0].work);
  }
}

TEST(ContactEnergy, layers_that_stay_apart_are_not_bonded) {
  Magnesia const m;
  auto stack = continue_crystal(m.layer.slab);
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == 2) stack.crystal.positions(2, static_cast<Eigen::Index>(i)) += 14.0;  // beyond the cutoff
  }
  stack.crystal.lattice(2, 2) += 14.0;
  ContactCache cache;

  auto const result = contact_energies(stack, m.layer.slab, m.layer.slab, *m.model, quick(), cache);

  EXPECT_EQ(result.work_of_adhesion.status, Status::not_bonded) << result.work_of_adhesion.reason;
  EXPECT_EQ(result.interface_energy.status, Status::not_bonded);
}

TEST(ContactEnergy, a_stack_without_vacuum_is_refused) {
  Magnesia const m;
  StackOptions options;
  options.geometry = StackGeometry::superlattice;
  auto const stack = continue_crystal(m.layer.slab, options);
  ContactCache cache;

  auto const result = contact_energies(stack, m.layer.slab, m.layer.slab, *m.model, quick(), cache);

  EXPECT_EQ(result.work_of_adhesion.status, Status::refused);
  EXPECT_TRUE(result.work_of_adhesion.reason.starts_with("no_vacuum")) << result.work_of_adhesion.reason;
}

TEST(ContactEnergy, polar_layers_have_no_energy_per_area) {
  auto const model = make_potential("rigid-ion:grimes");
  auto const plane = make_plane(test::lanthanum_aluminate(), {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane).front(), 2);
  ContactCache cache;

  auto const result = contact_energies(continue_crystal(slab), slab, slab, *model, quick(), cache);
  auto const surface = surface_energy(slab, relax_bulk(test::lanthanum_aluminate(), *model, 1, false), *model, {});

  EXPECT_EQ(result.work_of_adhesion.status, Status::refused);
  EXPECT_NE(result.work_of_adhesion.reason.find("polar"), std::string::npos);
  EXPECT_EQ(surface.relaxed.status, Status::refused);
}

TEST(ContactEnergy, unequal_faces_leave_the_interface_energy_undefined) {
  auto const model = make_potential("rigid-ion:grimes");
  auto const titanate = make_layer(test::strontium_titanate(), {0, 0, 1}, "SrO", 2, *model);
  auto const magnesia = make_layer(test::magnesia(), {0, 0, 1}, "MgO", 1, *model);
  auto const& a = titanate.slab.plane;
  auto const& b = magnesia.slab.plane;
  auto const matches = find_coincidences(b.basis, a.basis, layer_point_group(b), layer_point_group(a), {40.0, 0.1});
  ASSERT_FALSE(matches.empty());
  auto const stack = build_stack(titanate.slab, magnesia.slab, matches.front(), {0.0, 0.0}, 2.3);
  ContactOptions loose;
  loose.relaxation.fmax = 5e-3;
  loose.gaps = 1;
  ContactCache cache;

  auto const result = contact_energies(stack, titanate.slab, magnesia.slab, *model, loose, cache);

  EXPECT_TRUE(result.work_of_adhesion.ok()) << result.work_of_adhesion.reason;
  EXPECT_EQ(result.interface_energy.status, Status::refused);
  EXPECT_TRUE(result.interface_energy.reason.starts_with("unequal_faces")) << result.interface_energy.reason;
  EXPECT_FALSE(result.registry.empty());
}

TEST(ContactEnergy, turning_a_layer_changes_none_of_its_energies) {
  Magnesia const m;
  Eigen::Matrix2d const stretch{{1.01, 0.002}, {0.002, 0.995}};
  Eigen::Matrix2d const turned = Eigen::Rotation2Dd(0.3).toRotationMatrix() * stretch;

  auto const straight = relax_strained_bulk(m.layer.slab, stretch, *m.model);
  auto const rotated = relax_strained_bulk(m.layer.slab, turned, *m.model);

  EXPECT_TRUE(straight.failure.empty());
  EXPECT_NEAR(straight.energy, rotated.energy, 1e-7);
}

}  // namespace
}  // namespace nacre
