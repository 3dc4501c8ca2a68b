#include "nacre/potential/short_range.hpp"

#include <Eigen/LU>
#include <functional>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/neighbors.hpp"
#include "support/lennard_jones.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Primitive cell of diamond or zinc blende.
Crystal diamond(double a, char const* first, char const* second) {
  Crystal crystal;
  crystal.lattice << 0.0, a / 2, a / 2, a / 2, 0.0, a / 2, a / 2, a / 2, 0.0;
  crystal.positions.resize(3, 2);
  crystal.positions.col(0).setZero();
  crystal.positions.col(1).setConstant(a / 4);
  crystal.numbers = {*atomic_number(first), *atomic_number(second)};
  return crystal;
}

Crystal rattled(Crystal crystal, double amplitude, std::uint64_t seed) {
  Rng rng(seed, "rattle", 0);
  for (auto& x : crystal.positions.reshaped()) x += amplitude * rng.uniform(-1.0, 1.0);
  return crystal;
}

double energy_per_atom(std::string const& model, Crystal const& crystal) {
  return make_potential(model)->evaluate(crystal).energy / static_cast<double>(crystal.size());
}

std::string message_of(std::function<void()> const& action) {
  try {
    action();
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ShortRange, conforms) {
  auto const silicon_carbide = rattled(supercell(diamond(4.36, "Si", "C"), {2, 1, 1}), 0.15, 1);
  auto const silicon = rattled(supercell(diamond(5.2, "Si", "Si"), {1, 2, 1}), 0.2, 2);
  auto const argon = rattled(test::make_fcc(3.9), 0.2, 3);
  test::PotentialTolerances tolerance;
  tolerance.step = 2e-5;     // differences err by h^2 times third derivatives of up to 1e3 eV/Å^3, below 1e-6
  tolerance.stress = 1e-6;   // and by 1e-16 |E|/h = 1e-9
  tolerance.force = 2e-6;
  for (auto const& [model, crystal] : {std::pair<char const*, Crystal>{"tersoff:tersoff1989", silicon_carbide},
                                       {"tersoff:tersoff1989", rattled(diamond(5.43, "Si", "Ge"), 0.3, 4)},
                                       {"sw:stillinger_weber1985", silicon},
                                       {"lj:0.1,2.5", argon},
                                       {"zbl", rattled(test::make_fcc(1.9), 0.1, 5)},
                                       {"zbl:1.0,4.0", silicon_carbide},
                                       {"lj:0.1,2.5,6+tersoff:tersoff1989+zbl:0.5,3", silicon_carbide}}) {
    SCOPED_TRACE(model);
    auto const potential = make_potential(model);
    EXPECT_EQ(potential->name(), model);
    test::expect_forces_are_derivatives(*potential, crystal, tolerance);
    test::expect_stress_is_derivative(*potential, crystal, tolerance);
    test::expect_symmetries(*potential, crystal, tolerance);
    test::expect_extensive(*potential, crystal, {2, 1, 3}, tolerance);
    test::expect_bookkeeping(*potential, crystal);
  }
}

TEST(ShortRange, gives_published_cohesive_energies_at_their_lattice_constants) {
  // Tersoff 1989, table II: lattice constants and cohesive energies are rounded as printed here.
  EXPECT_NEAR(energy_per_atom("tersoff:tersoff1989", diamond(5.432, "Si", "Si")), -4.63, 0.005);
  EXPECT_NEAR(energy_per_atom("tersoff:tersoff1989", diamond(3.566, "C", "C")), -7.37, 0.005);
  EXPECT_NEAR(energy_per_atom("tersoff:tersoff1989", diamond(5.657, "Ge", "Ge")), -3.85, 0.005);
  // Each of the four bonds of an atom has -epsilon/2 at its minimum, no neighbour beyond is in range.
  double const sigma = 2.0951, a = 4.0 / std::sqrt(3.0) * std::pow(2.0, 1.0 / 6.0) * sigma;
  EXPECT_NEAR(energy_per_atom("sw:stillinger_weber1985", diamond(a, "Si", "Si")), -2.0 * 2.1683, 1e-7);
}

TEST(ShortRange, gives_the_lattice_sum_of_a_lennard_jones_crystal) {
  PotentialOptions plain;
  plain.taper = false;
  auto const potential = make_potential("lj:0.02,2.0,40", plain);
  auto const crystal = test::make_fcc(std::sqrt(2.0) * 2.2);
  double const x6 = std::pow(2.0 / 2.2, 6);
  double const exact = 2.0 * 0.02 * (12.131880 * x6 * x6 - 14.453920 * x6);

  double const density = 4.0 / std::pow(std::sqrt(2.0) * 2.2, 3), tail = -8.0 / 3.0 * M_PI * 0.02 * density * 64.0 / 64000.0;

  // The sums are known to seven digits; the tail is that of a uniform solid, right to a few per cent of itself.
  EXPECT_NEAR(potential->evaluate(crystal).energy / 4.0 + tail, exact, 5e-7);
}

TEST(ShortRange, is_zero_beyond_its_range_and_screened_coulomb_below) {
  Crystal pair;
  pair.periodic = {false, false, false};
  pair.numbers = {14, 8};
  pair.positions = Eigen::Matrix3Xd::Zero(3, 2);
  auto const evaluation = [&](char const* model, double r) {
    pair.positions(0, 1) = r;
    return make_potential(model)->evaluate(pair);
  };
  auto const at = [&](char const* model, double r) { return evaluation(model, r).energy; };
  double const h = 1e-5, scale = (std::pow(14, 0.23) + std::pow(8, 0.23)) / (0.8854 * 0.529177210903);
  auto const nuclei = [&](double r) {
    double const x = r * scale;
    double const phi = 0.18175 * std::exp(-3.1998 * x) + 0.50986 * std::exp(-0.94229 * x) +
                       0.28022 * std::exp(-0.4029 * x) + 0.02817 * std::exp(-0.20162 * x);
    return 14.3996454784255 * 14 * 8 / r * phi;
  };

  EXPECT_NEAR(evaluation("zbl:0.6,1.2", 0.5).forces(0, 1), (nuclei(0.5 - h) - nuclei(0.5 + h)) / (2.0 * h), 1e-5);
  EXPECT_EQ(at("zbl:0.6,1.2", 1.2), 0.0);
  EXPECT_EQ(at("zbl", 0.6 * (1.11 + 0.66)), 0.0);  // covalent radii of Si and O
  EXPECT_GT(at("zbl", 1.05), 0.0);
  EXPECT_EQ(at("lj:1,2,5", 5.0), 0.0);
}

TEST(ShortRange, adds_the_parts_of_a_sum) {
  auto const crystal = rattled(diamond(4.36, "Si", "C"), 0.1, 1);
  auto const a = make_potential("tersoff:tersoff1989"), b = make_potential("zbl:0.5,3.0");
  auto const sum = make_potential("tersoff:tersoff1989+zbl:0.5,3.0");
  auto const one = a->evaluate(crystal), two = b->evaluate(crystal), both = sum->evaluate(crystal);

  EXPECT_EQ(both.energy, one.energy + two.energy);
  EXPECT_EQ(both.forces, one.forces + two.forces);
  EXPECT_EQ(*both.stress, *one.stress + *two.stress);
  EXPECT_EQ(both.atom_energies, one.atom_energies + two.atom_energies);
  EXPECT_EQ(both.edges, one.edges + two.edges);
  EXPECT_EQ(sum->cutoff(), std::max(a->cutoff(), b->cutoff()));
  EXPECT_EQ(sum->elements(), a->elements());
  EXPECT_NE(sum->identity(), a->identity());
  EXPECT_EQ(sum->with_slab_correction(true), nullptr);
  EXPECT_NE(make_potential("rigid-ion:grimes+zbl")->with_slab_correction(true), nullptr);
}

TEST(ShortRange, has_no_stress_without_three_periods) {
  auto crystal = diamond(5.43, "Si", "Si");
  auto const whole = make_potential("sw:stillinger_weber1985")->evaluate(crystal);
  crystal.periodic = {true, true, false};
  auto const flat = make_potential("sw:stillinger_weber1985")->evaluate(crystal);

  EXPECT_FALSE(flat.stress.has_value());
  EXPECT_GT(flat.energy, whole.energy);
}

TEST(ShortRange, takes_the_label_with_most_entries_or_the_one_asked_for) {
  test::TemporaryFolder folder;
  auto const file = (folder.path() / "two.tersoff").string();
  std::string const ours = read_file(data_file("potentials/tersoff1989.tersoff"));
  std::string old = "Si(B) Si(B) Si(B) 3 1 1.3258 4.8381 2.0417 0.0 22.956 0.33675 1.3258 95.373 3.0 0.2\n 3.2394 3264.7\n";
  write_file(file, old + ours);
  auto const crystal = diamond(5.43, "Si", "Si");

  EXPECT_EQ(energy_per_atom("tersoff:" + file, crystal), energy_per_atom("tersoff:tersoff1989", crystal));
  // J. Tersoff, Phys. Rev. B 37, 6991 (1988): 4.63 eV for its own silicon as well, by other parameters
  EXPECT_NEAR(energy_per_atom("tersoff:" + file + "#Si=Si(B)", crystal), -4.63, 0.02);
  EXPECT_NE(make_potential("tersoff:" + file)->identity(), make_potential("tersoff:" + file + "#Si=Si(B)")->identity());
  EXPECT_EQ(make_potential("tersoff:" + file)->identity(), make_potential("tersoff:tersoff1989")->identity());
  EXPECT_NE(message_of([&] { make_potential("tersoff:" + file + "#Si=Si(X)"); }).find("did you mean"),
            std::string::npos);
}

TEST(ShortRange, names_what_is_wrong_with_a_model) {
  test::TemporaryFolder folder;
  auto const file = (folder.path() / "bad.sw").string();
  auto const expect_message = [](std::function<void()> const& action, char const* part) {
    EXPECT_NE(message_of(action).find(part), std::string::npos) << message_of(action);
  };
  auto const sw = [&](std::string const& content) {
    write_file(file, content);
    make_potential("sw:" + file);
  };
  expect_message([&] { sw(""); }, "no parameters in");
  expect_message([&] { sw("Si Si Si 1 2 3\n"); }, "has 6 words");
  expect_message([&] { sw("Si Si Si 1 2 3 4 5 6 7 8 9 10 eleven\n"); }, "'eleven'");
  expect_message([&] { sw("# c\nSi Si Si -1 2 1.8 21 1.2 -0.3 7 0.6 4 0 0\n"); }, "line 2");
  expect_message([&] { sw("Q1 Q1 Q1 1 2 1.8 21 1.2 -0.3 7 0.6 4 0 0\n"); }, "chemical symbol");
  expect_message([&] { make_potential("tersoff:absent.tersoff"); }, "absent.tersoff");
  expect_message([&] { make_potential("lj:1"); }, "has 1 numbers");
  expect_message([&] { make_potential("lj:1,x"); }, "cannot read 'x'");
  expect_message([&] { make_potential("lj:1,-2"); }, "must be positive");
  expect_message([&] { make_potential("zbl:2,1"); }, "inner < outer");
  PotentialOptions backwards;
  backwards.cutoff = -3.0;
  expect_message([&] { make_potential("lj:1,2", backwards); }, "invalid cutoff=-3");
  expect_message([&] { make_potential("rigid-ion:grimes+lx:1,2"); }, "grimes+lx:1,2");
  expect_message([&] { make_potential("+zbl"); }, "a model without a name");
  expect_message([&] { make_potential("terzoff:x"); }, "did you mean 'tersoff'?");
  auto const germanium_carbide = diamond(4.6, "Ge", "C");
  expect_message([&] { make_potential("tersoff:tersoff1989")->evaluate(germanium_carbide); }, "C C Ge");
  expect_message([&] { make_potential("tersoff:tersoff1989")->evaluate(diamond(5.4, "Sn", "Si")); }, "covers C, Si, Ge");
}

TEST(ShortRange, counts_directed_pairs_within_its_cutoff) {
  auto const crystal = rattled(diamond(5.43, "Si", "Si"), 0.1, 2);
  for (auto const* model : {"tersoff:tersoff1989", "sw:stillinger_weber1985", "lj:0.1,2,9"}) {
    auto const potential = make_potential(model);
    EXPECT_EQ(potential->evaluate(crystal).edges,
              static_cast<std::int64_t>(find_neighbors(crystal, potential->cutoff()).size()));
  }
}

}  // namespace
}  // namespace nacre
