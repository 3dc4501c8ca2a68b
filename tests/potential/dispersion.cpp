#include "nacre/potential/dispersion.hpp"

#include <cmath>
#include <functional>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

#define NACRE_NEEDS_D3_TABLE() \
  if (find_d3_table().empty()) GTEST_SKIP() << "needs the table of D3 (Debian: cp2k-data, or NACRE_D3_TABLE)"

constexpr double hartree_eV = 2.0 * units::rydberg_eV;

Crystal crystal_of(Eigen::Matrix3d const& columns, std::vector<int> numbers, std::vector<Eigen::Vector3d> const& positions) {
  Crystal crystal;
  crystal.lattice = columns;
  crystal.numbers = std::move(numbers);
  crystal.positions.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) crystal.positions.col(static_cast<Eigen::Index>(i)) = positions[i];
  return crystal;
}

Crystal dimer(int first, int second, double r) {
  auto crystal = crystal_of(Eigen::Matrix3d::Identity(), {first, second}, {{0, 0, 0}, {r, 0, 0}});
  crystal.periodic = {false, false, false};
  return crystal;
}

/// Face-centred cell of side a.
Eigen::Matrix3d face_centred(double a) {
  Eigen::Matrix3d lattice;
  lattice << 0, 1, 1, 1, 0, 1, 1, 1, 0;
  return 0.5 * a * lattice;
}

Crystal strontium_titanate() {
  return crystal_of(3.95 * Eigen::Matrix3d::Identity(), {38, 22, 8, 8, 8},
                    {{-0.06, -0.01, -0.04}, {2.02, 1.98, 1.95}, {1.91, 1.95, 0.0}, {1.98, 0.05, 1.93}, {-0.03, 2.0, 1.99}});
}

double energy(std::string const& model, Crystal const& crystal, bool taper = false) {
  PotentialOptions options;
  options.taper = taper;
  return make_potential(model, options)->evaluate(crystal).energy;
}

TEST(Dispersion, conforms) {
  NACRE_NEEDS_D3_TABLE();
  test::PotentialTolerances tolerance;
  tolerance.step = 2e-4;    // third derivatives are below 1 eV/Å^3, of the stress below 10 eV/Å^3
  tolerance.force = 1e-6;
  tolerance.stress = 1e-7;
  for (auto const* model : {"d3:pbe,cutoff=8,cn=8", "d3:r2scan,cutoff=9,cn=6"}) {
    auto const potential = make_potential(model);
    auto const crystal = strontium_titanate();
    test::expect_forces_are_derivatives(*potential, crystal, tolerance);
    test::expect_stress_is_derivative(*potential, crystal, tolerance);
    test::expect_symmetries(*potential, crystal, tolerance);
    test::expect_extensive(*potential, crystal, {2, 1, 1}, tolerance);
    test::expect_bookkeeping(*potential, crystal);
  }
}

TEST(Dispersion, follows_the_coordination_of_both_atoms) {
  NACRE_NEEDS_D3_TABLE();
  test::PotentialTolerances tolerance;
  tolerance.step = 1e-4;
  tolerance.force = 1e-7;
  auto methane = crystal_of(Eigen::Matrix3d::Identity(), {6, 1, 1, 1, 1, 18},  // half a hydrogen on its way out
                            {{0, 0, 0}, {0.9, 0.9, 0.9}, {-0.63, -0.63, 0.63}, {-0.63, 0.63, -0.63}, {0.63, -0.63, -0.63}, {3.5, 0.4, 0}});
  methane.periodic = {false, false, false};

  test::expect_forces_are_derivatives(*make_potential("d3:pbe"), methane, tolerance);
}

TEST(Dispersion, of_two_far_atoms_is_their_reference_coefficient_over_r6) {
  NACRE_NEEDS_D3_TABLE();
  double const r = 40.0, bohr6 = std::pow(units::bohr_A, 6);

  double const c6 = -energy("d3:custom,s8=0,a1=0,a2=1,cutoff=90", dimer(18, 18, r)) * std::pow(r, 6) / (hartree_eV * bohr6);

  EXPECT_NEAR(c6, 64.6462, 1e-3);  // argon's C6 in the table [hartree bohr^6]; damping is 1e-11 there
}

TEST(Dispersion, agrees_with_pw_x) {
  NACRE_NEEDS_D3_TABLE();
  // Quantum ESPRESSO 6.7, dftd3_version = 4, no three-body terms, 95 bohr: eight digits of rydberg are printed.
  double const digits = 1e-7;
  auto const magnesia = crystal_of(face_centred(4.25), {12, 8}, {{0.01727921, 0.04108091, 0.01652185}, {2.05991421, 2.17026777, 2.14731870}});
  auto const alloy = crystal_of(face_centred(5.47), {14, 32}, {{0, 0, 0}, {1.40, 1.33, 1.35}});

  EXPECT_NEAR(energy("d3:pbe,cutoff=50.2", alloy), -0.04676486 * units::rydberg_eV, digits);
  EXPECT_NEAR(energy("d3:pbe,cutoff=50.2", magnesia), -0.04191101 * units::rydberg_eV, digits);
  EXPECT_NEAR(energy("d3:pbe,cutoff=50.2", strontium_titanate()), -0.09421150 * units::rydberg_eV, digits);
}

TEST(Dispersion, loses_little_at_its_default_cutoff) {
  NACRE_NEEDS_D3_TABLE();
  auto const crystal = strontium_titanate();

  double const whole = energy("d3:pbe,cutoff=90", crystal), cut = energy("d3:pbe", crystal, true);

  EXPECT_LT(std::abs(cut - whole) / 5.0, 1e-3);  // [eV/atom]
  EXPECT_GT(std::abs(cut - whole) / 5.0, 1e-6);
}

TEST(Dispersion, adds_itself_to_a_model_without_it_only) {
  NACRE_NEEDS_D3_TABLE();
  auto const crystal = crystal_of(face_centred(5.43), {14, 14}, {{0, 0, 0}, {1.3, 1.4, 1.35}});
  auto const sum = make_potential("sw:stillinger_weber1985+d3:pbe");

  EXPECT_NEAR(sum->evaluate(crystal).energy, energy("sw:stillinger_weber1985", crystal) + energy("d3:pbe", crystal, true), 1e-12);
  EXPECT_TRUE(sum->contents().dispersion);
  EXPECT_NE(make_potential("d3:pbe")->identity(), make_potential("d3:pbesol")->identity());
}

TEST(Dispersion, names_what_is_wrong) {
  NACRE_NEEDS_D3_TABLE();
  test::TemporaryFolder folder;
  auto const message = [](std::string const& model) -> std::string {
    try {
      make_potential(model);
    } catch (InputError const& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  auto const expect = [&](std::string const& model, char const* part) {
    EXPECT_NE(message(model).find(part), std::string::npos) << message(model);
  };
  expect("d3:pbr", "did you mean 'pbe'");
  expect("d3:", "unknown functional ''");
  expect("d3:pbe,cutof=20", "did you mean 'cutoff'");
  expect("d3:pbe,s8=1", "unknown setting 's8'");
  expect("d3:pbe,cutoff=x", "cannot read 'cutoff=x'");
  expect("d3:pbe,cutoff=1000", "5 to 100");
  expect("d3:custom,a1=0.4", "a2 must be positive");
  expect("d3:pbe,table=/nowhere", "/nowhere");
  auto const file = (folder.path() / "bad.dat").string();
  write_file(file, "");
  expect("d3:pbe,table=" + file, "0 are there");
  write_file(file, "5 1\n3.0 1 1 0.9 nonsense\n");
  expect("d3:pbe,table=" + file, "'nonsense' is no number");
  write_file(file, "5 1\n3.0 1 1 0.9 0.9\n");
  expect("d3:pbe,table=" + file, "lacks element 2");
}

}  // namespace
}  // namespace nacre
