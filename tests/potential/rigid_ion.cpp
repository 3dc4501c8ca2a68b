#include "nacre/potential/rigid_ion.hpp"

#include <Eigen/LU>
#include <functional>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/neighbors.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::vector<double> numbers(std::string const& text) {
  std::vector<double> values;
  for (auto const& word : split_words(text)) values.push_back(parse_double(word).value());
  return values;
}

/// The set as the reference data use it: plain truncation at 12 Å; the YSZ frame has C(O-O) = 27.89.
std::shared_ptr<Potential const> reference_potential(Frame const& frame) {
  auto set = read_rigid_ion_set(frame.info.at("potential"));
  if (frame.info.at("pairs").find("'O-O': ['buck', 22764.3, 0.149, 27.89]") != std::string::npos) {
    for (auto& pair : set.pairs) {
      if (pair.first == "O" && pair.second == "O") pair.power = 27.89;
    }
  }
  PotentialOptions options;
  options.taper = false;
  auto const found = frame.info.find("slab_correction");
  options.slab_correction = found != frame.info.end() && found->second != "none";
  return make_rigid_ion(set, options, set.name);
}

void expect_frame(Frame const& frame) {
  SCOPED_TRACE(frame.info.at("name"));
  auto const result = reference_potential(frame)->evaluate(frame.crystal);
  double const energy = parse_double(frame.info.at("energy")).value(),
               atoms = static_cast<double>(frame.crystal.size());

  // The reference has 12 decimals and agrees with a second implementation to 6e-12 eV; positions have 8 decimals.
  EXPECT_NEAR(result.energy, energy, 1e-10 * std::abs(energy));
  EXPECT_NEAR(result.atom_energies.sum(), energy, 1e-10 * std::abs(energy));
  EXPECT_LT((result.forces - frame.columns.at("forces")).cwiseAbs().maxCoeff(), 1e-9);
  auto const stress = numbers(frame.info.at("stress"));
  ASSERT_TRUE(result.stress.has_value());
  for (int k = 0; k < 9; ++k) EXPECT_NEAR((*result.stress)(k / 3, k % 3), stress[static_cast<std::size_t>(k)], 1e-11);
  if (frame.info.count("energy_lammps") == 0) return;
  // LAMMPS approximates erfc by a polynomial that is right to 1.5e-7.
  EXPECT_NEAR(result.energy, parse_double(frame.info.at("energy_lammps")).value(), 5e-5 * atoms);
  EXPECT_LT((result.forces - frame.columns.at("forces_lammps")).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(RigidIon, reproduces_the_reference_structures) {
  for (auto const* name :
       {"reference/physics/rigid_ion_reference.extxyz", "reference/physics2/rigid_ion_frames.extxyz"}) {
    auto const path = test::shared_file(name);
    NACRE_NEEDS_SHARED(path);
    auto const frames = read_extxyz(path);
    EXPECT_GE(frames.size(), 6u);
    for (auto const& frame : frames) expect_frame(frame);
  }
}

Crystal cubic(double a, std::vector<std::pair<char const*, Eigen::Vector3d>> const& basis, bool face_centred) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  if (face_centred) crystal.lattice << 0.0, a / 2, a / 2, a / 2, 0.0, a / 2, a / 2, a / 2, 0.0;
  crystal.positions.resize(3, static_cast<Eigen::Index>(basis.size()));
  for (std::size_t i = 0; i < basis.size(); ++i) {
    crystal.numbers.push_back(*atomic_number(basis[i].first));
    crystal.positions.col(static_cast<Eigen::Index>(i)) = a * basis[i].second;
  }
  return crystal;
}

Crystal rock_salt(char const* cation, double a) {
  return cubic(a, {{cation, {0, 0, 0}}, {"O", {0.5, 0.5, 0.5}}}, true);
}

Crystal fluorite(char const* corner, char const* tetrahedral, double a) {
  return cubic(a, {{corner, {0, 0, 0}}, {tetrahedral, {0.25, 0.25, 0.25}}, {tetrahedral, {0.75, 0.75, 0.75}}}, true);
}

Crystal perovskite(char const* corner, char const* centre, double a) {
  return cubic(a,
               {{corner, {0, 0, 0}},
                {centre, {0.5, 0.5, 0.5}},
                {"O", {0, 0.5, 0.5}},
                {"O", {0.5, 0, 0.5}},
                {"O", {0.5, 0.5, 0}}},
               false);
}

/// The cubic crystals among the relaxed ones, from their names.
std::optional<Crystal> cubic_crystal(std::string const& name, double a) {
  static std::map<std::string, std::function<Crystal(double)>> const known{
      {"MgO", [](double x) { return rock_salt("Mg", x); }},
      {"CaO", [](double x) { return rock_salt("Ca", x); }},
      {"SrO", [](double x) { return rock_salt("Sr", x); }},
      {"BaO", [](double x) { return rock_salt("Ba", x); }},
      {"NiO", [](double x) { return rock_salt("Ni", x); }},
      {"CoO", [](double x) { return rock_salt("Co", x); }},
      {"MnO", [](double x) { return rock_salt("Mn", x); }},
      {"CeO2", [](double x) { return fluorite("Ce", "O", x); }},
      {"ZrO2", [](double x) { return fluorite("Zr", "O", x); }},
      {"Li2O", [](double x) { return fluorite("O", "Li", x); }},
      {"Na2O", [](double x) { return fluorite("O", "Na", x); }},
      {"SrTiO3", [](double x) { return perovskite("Sr", "Ti", x); }},
      {"BaTiO3", [](double x) { return perovskite("Ba", "Ti", x); }},
      {"LaAlO3", [](double x) { return perovskite("La", "Al", x); }}};
  auto const found = known.find(name);
  return found == known.end() ? std::nullopt : std::optional(found->second(a));
}

PotentialOptions plain() {
  PotentialOptions options;
  options.taper = false;
  return options;
}

TEST(RigidIon, gives_the_energies_of_relaxed_crystals) {
  auto const path = test::shared_file("reference/physics/potentials.json");
  NACRE_NEEDS_SHARED(path);
  int checked = 0;
  auto const reference = Value::parse_json(read_file(path), path.string());
  for (auto const& [key, entry] : reference.at("relaxed_bulk").as_object()) {
    auto const bar = key.find('|');
    auto const crystal = cubic_crystal(key.substr(0, bar), entry.at("cellpar").as_array()[0].as_number());
    if (!crystal) continue;
    auto const result = make_potential("rigid-ion:" + key.substr(bar + 1), plain())->evaluate(*crystal);

    // Five decimals of the lattice constant change the energy at its minimum by less than 1e-9 eV.
    EXPECT_NEAR(result.energy / static_cast<double>(crystal->size()), entry.at("E_per_atom_exact").as_number(), 1e-8)
        << key;
    // They strain it by up to 1e-6, times three bulk moduli of up to 2 eV/Å^3.
    EXPECT_LT(result.stress->cwiseAbs().maxCoeff(), 7e-6) << key;
    ++checked;
  }
  EXPECT_GE(checked, 30);
}

TEST(RigidIon, agrees_with_the_slab_in_growing_vacuum) {
  auto const frames = test::shared_file("reference/physics2/rigid_ion_frames.extxyz");
  auto const path = test::shared_file("reference/physics2/dipole_slab_vacuum.json");
  NACRE_NEEDS_SHARED(frames);
  NACRE_NEEDS_SHARED(path);
  auto const potential = make_potential("rigid-ion:grimes", plain());
  auto const all = read_extxyz(frames);
  auto crystal = std::find_if(all.begin(), all.end(), [](Frame const& frame) {
                   return frame.info.at("name") == "LaAlO3_001_slab_LaO_AlO2_vac15_grimes";
                 })->crystal;
  auto const entry = Value::parse_json(read_file(path), path.string()).at("entries").at("grimes|rattled");
  for (auto const& row : entry.at("rows").as_array()) {
    crystal.lattice(2, 2) = row.at("Lz_A").as_number();
    EXPECT_NEAR(potential->evaluate(crystal).energy, row.at("E_3d_eV").as_number(), 1e-8);
    EXPECT_NEAR(potential->with_slab_correction(true)->evaluate(crystal).energy, row.at("E_ew3dc_eV").as_number(),
                1e-8);
  }
  crystal.periodic = {true, true, false};
  EXPECT_NEAR(potential->evaluate(crystal).energy, entry.at("rows").as_array().back().at("E_ew3dc_eV").as_number(),
              1e-8);
}

/// Rattled so that nothing vanishes by symmetry.
Crystal rattled(Crystal crystal, double amplitude, std::uint64_t seed) {
  Rng rng(seed, "rattle", 0);
  for (auto& x : crystal.positions.reshaped()) x += amplitude * rng.uniform(-1.0, 1.0);
  return crystal;
}

TEST(RigidIon, conforms) {
  PotentialOptions slab;
  slab.slab_correction = true;
  test::PotentialTolerances const tolerance;  // central differences of 1e-4 Å err by 1e-8 times third derivatives
  auto const crystal = rattled(perovskite("Sr", "Ti", 3.9), 0.15, 1);
  for (auto const& [model, options] : {std::pair<char const*, PotentialOptions>{"rigid-ion:grimes", {}},
                                       {"rigid-ion:pedone2006", {}},
                                       {"rigid-ion:du_teter", {}},
                                       {"rigid-ion:grimes", slab}}) {
    SCOPED_TRACE(model);
    auto const potential = make_potential(model, options);
    test::expect_forces_are_derivatives(*potential, crystal, tolerance);
    test::expect_stress_is_derivative(*potential, crystal, tolerance);
    test::expect_symmetries(*potential, crystal, tolerance, !options.slab_correction);  // moving ions across changes M
    test::expect_bookkeeping(*potential, crystal);
    if (!options.slab_correction) test::expect_extensive(*potential, crystal, {2, 1, 3}, tolerance);
  }
}

TEST(RigidIon, counts_directed_pairs_within_its_cutoff) {
  auto const crystal = rattled(fluorite("Ce", "O", 5.41), 0.1, 2);
  for (double const cutoff : {5.0, 12.0}) {
    PotentialOptions options;
    options.cutoff = cutoff;
    EXPECT_EQ(make_potential("rigid-ion:grimes", options)->evaluate(crystal).edges,
              static_cast<std::int64_t>(find_neighbors(crystal, cutoff).size()));
  }
}

TEST(RigidIon, does_not_remember_what_it_evaluated_before) {
  auto const potential = make_potential("rigid-ion:grimes");
  auto const first = rattled(perovskite("Sr", "Ti", 3.9), 0.1, 1),
             second = supercell(rattled(rock_salt("Mg", 4.2), 0.1, 2), {2, 2, 2});

  auto const before = potential->evaluate(first);
  potential->evaluate(second);
  auto const after = potential->evaluate(first);

  EXPECT_EQ(before.energy, after.energy);
  EXPECT_EQ(before.forces, after.forces);
  EXPECT_EQ(*before.stress, *after.stress);
}

std::string message_of(std::function<void()> const& action) {
  try {
    action();
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(RigidIon, gives_the_published_ceria_of_an_extended_set) {
  auto const potential = make_potential("rigid-ion:bmp2021_delta", plain());
  auto const energy = [&](double a) {
    auto crystal = fluorite("Ce", "O", a);
    crystal.oxidation = {4, -2, -2};
    return potential->evaluate(crystal).energy;
  };
  double const a = 5.4241, h = 0.004;  // the reference's lattice constant, four decimals; without Ce-Ce it is 5.3427

  EXPECT_LT(energy(a), energy(a - h));
  EXPECT_LT(energy(a), energy(a + h));
}

TEST(RigidIon, names_the_sets_that_cover_an_element_it_lacks) {
  auto const message =
      message_of([] { make_potential("rigid-ion:pedone2006")->evaluate(perovskite("La", "Al", 3.8)); });

  EXPECT_NE(message.find("'La'"), std::string::npos) << message;
  EXPECT_NE(message.find("du_teter, grimes"), std::string::npos) << message;
}

TEST(RigidIon, tells_ions_of_one_element_apart_by_oxidation_state) {
  auto const potential = make_potential("rigid-ion:pedone2006");
  auto crystal = rock_salt("Fe", 4.3);

  EXPECT_NE(message_of([&] { potential->evaluate(crystal); }).find("oxidation_state"), std::string::npos);
  crystal.oxidation = {2.0, -2.0};
  EXPECT_LT(potential->evaluate(crystal).energy, 0.0);
  crystal.oxidation = {4.0, -4.0};
  EXPECT_NE(message_of([&] { potential->evaluate(crystal); }).find("it has 2, 3"), std::string::npos);

  auto hematite = cubic(
      8.0, {{"Fe", {0, 0, 0}}, {"Fe", {0.5, 0.5, 0}}, {"O", {0.25, 0, 0}}, {"O", {0.5, 0.25, 0}}, {"O", {0, 0, 0.5}}},
      false);
  hematite.oxidation = {3, 3, -2, -2, -2};
  EXPECT_TRUE(std::isfinite(potential->evaluate(hematite).energy));  // neutral as Fe3+, which it would not be as Fe2+
}

TEST(RigidIon, ignores_oxidation_states_that_it_does_not_need) {
  auto crystal = rock_salt("Mg", 4.2);
  auto const potential = make_potential("rigid-ion:pedone2006");
  double const energy = potential->evaluate(crystal).energy;
  crystal.oxidation = {0.0, 0.0};

  EXPECT_EQ(potential->evaluate(crystal).energy, energy);
}

TEST(RigidIon, refuses_input_that_has_no_energy) {
  auto const potential = make_potential("rigid-ion:grimes");
  auto crystal = rock_salt("Mg", 4.2);
  auto const refused = [&](Crystal const& changed) { return message_of([&] { potential->evaluate(changed); }); };
  auto charged = crystal, close = crystal, infinite = crystal, flat = crystal;
  charged.numbers[1] = 12;
  close.positions.col(1) = close.positions.col(0) + Eigen::Vector3d(0.05, 0, 0) + close.lattice.col(2);
  infinite.positions(1, 1) = std::nan("");
  flat.lattice.col(2) = flat.lattice.col(0);

  EXPECT_NE(refused(charged).find("charge of 4 e"), std::string::npos) << refused(charged);
  EXPECT_NE(refused(close).find("atoms 1 (Mg) and 2 (O) are 0.05"), std::string::npos) << refused(close);
  EXPECT_NE(refused(infinite).find("not finite"), std::string::npos);
  EXPECT_NE(refused(flat).find("no volume"), std::string::npos);
}

TEST(RigidIon, refuses_the_dipole_of_a_slab_that_the_cell_cuts) {
  PotentialOptions options;
  options.slab_correction = true;
  auto const potential = make_potential("rigid-ion:grimes", options);
  auto slab =
      supercell(cubic(4.2, {{"Mg", {0, 0, 0}}, {"O", {0.5, 0, 0}}, {"O", {0, 0.1, 0.5}}, {"Mg", {0.5, 0, 0.5}}}, false),
                {1, 1, 2});
  slab.lattice.col(2) *= 3.0;
  double const energy = potential->evaluate(slab).energy;
  auto shifted = slab, cut = slab;
  shifted.positions.row(2).array() -= 3.0;
  cut.positions.col(0) += slab.lattice.col(2);

  EXPECT_NEAR(potential->evaluate(shifted).energy, energy, 1e-10 * std::abs(energy));
  EXPECT_NE(message_of([&] { potential->evaluate(cut); }).find("cut by the border"), std::string::npos);
}

TEST(RigidIon, has_an_identity_for_everything_that_changes_its_energy) {
  std::set<std::string> identities;
  PotentialOptions options;
  auto const add = [&](RigidIonSet const& set) { identities.insert(make_rigid_ion(set, options, "name")->identity()); };
  auto set = read_rigid_ion_set("grimes");
  add(set);
  options.cutoff = 11.0;
  add(set);
  options.taper = false;
  add(set);
  options.core_guard = false;
  add(set);
  options.slab_correction = true;
  add(set);
  set.pairs.front().power += 1e-9;
  add(set);
  set.species.front().charge += 1e-9;
  add(set);

  EXPECT_EQ(identities.size(), 7u);
  EXPECT_EQ(make_potential("rigid-ion:grimes")->identity(),
            make_potential("rigid-ion:grimes")->with_slab_correction(false)->identity());
  EXPECT_EQ(identities.begin()->size(), 64u);
}

TEST(RigidIon, takes_exact_names_only) {
  EXPECT_NE(message_of([] { make_potential("rigid-ion:pedone"); }).find("pedone2006"), std::string::npos);
  EXPECT_NE(message_of([] { make_potential("rigid-ion:"); }).find("sets: "), std::string::npos);
  EXPECT_NE(message_of([] { make_potential("grimes"); }).find("rigid-ion:SET"), std::string::npos);
}

}  // namespace
}  // namespace nacre
