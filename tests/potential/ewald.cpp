#include "nacre/potential/ewald.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Crystal with_basis(Eigen::Matrix3d const& lattice, std::vector<Eigen::Vector3d> const& fractional) {
  Crystal crystal;
  crystal.lattice = lattice;
  crystal.positions.resize(3, static_cast<Eigen::Index>(fractional.size()));
  for (std::size_t i = 0; i < fractional.size(); ++i)
    crystal.positions.col(static_cast<Eigen::Index>(i)) = lattice * fractional[i];
  crystal.numbers.assign(fractional.size(), 8);
  return crystal;
}

Eigen::VectorXd charges(std::vector<double> const& values) {
  return Eigen::Map<Eigen::VectorXd const>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// A neutral handful of ions in a skew cell.
struct Sample {
  Crystal crystal;
  Eigen::VectorXd charge;
};
Sample sample(int atoms, std::uint64_t seed) {
  Rng rng(seed, "ewald", 0);
  Sample result;
  result.crystal.lattice << 6.0, 1.5, -2.0, 0.3, 7.0, 1.0, -0.4, 0.2, 9.0;
  result.crystal.positions.resize(3, atoms);
  result.crystal.numbers.assign(static_cast<std::size_t>(atoms), 8);
  result.charge.resize(atoms);
  for (int i = 0; i < atoms; ++i) {
    // in layers, so that no two ions come close
    Eigen::Vector3d const place(rng.uniform(), rng.uniform(), (i + 0.2 * rng.uniform()) / atoms);
    result.crystal.positions.col(i) = result.crystal.lattice * place;
    result.charge[i] = rng.uniform(-3.0, 3.0);
  }
  result.charge.array() -= result.charge.mean();
  return result;
}

double madelung(Crystal const& crystal, Eigen::VectorXd const& charge, double distance, double pairs) {
  return -ewald(crystal, charge).energy / pairs * distance / units::coulomb_eV_A;
}

TEST(Ewald, gives_madelung_constants) {
  Eigen::Matrix3d const cube = Eigen::Matrix3d::Identity();
  Eigen::Matrix3d face;
  face << 0.0, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5, 0.0;
  auto const rock_salt = with_basis(5.64 * face, {{0, 0, 0}, {0.5, 0.5, 0.5}});
  auto const caesium = with_basis(4.1 * cube, {{0, 0, 0}, {0.5, 0.5, 0.5}});
  auto const zinc_blende = with_basis(5.4 * face, {{0, 0, 0}, {0.25, 0.25, 0.25}});
  auto const pair = charges({1.0, -1.0});

  // Published to more digits than these; 1e-12 is the accuracy asked of the sum.
  EXPECT_NEAR(madelung(rock_salt, pair, 2.82, 1.0), 1.7475645946331822, 4e-12);
  EXPECT_NEAR(madelung(caesium, pair, 4.1 * std::sqrt(0.75), 1.0), 1.7626747730709884, 4e-12);
  EXPECT_NEAR(madelung(zinc_blende, pair, 5.4 * std::sqrt(3.0) / 4.0, 1.0), 1.6380550533887894, 4e-12);
}

TEST(Ewald, gives_the_madelung_constant_of_a_square_layer) {
  Eigen::Matrix3d lattice;
  lattice << 3.0, 3.0, 0.0, 3.0, -3.0, 0.0, 0.0, 0.0, 40.0;
  auto crystal = with_basis(lattice, {{0, 0, 0}, {0.5, 0.5, 0}});
  crystal.periodic = {true, true, false};

  EXPECT_NEAR(madelung(crystal, charges({1.0, -1.0}), 3.0, 1.0), 1.6155426267128247, 1e-11);
}

TEST(Ewald, does_not_depend_on_the_splitting) {
  auto const [crystal, charge] = sample(17, 3);
  auto const reference = ewald(crystal, charge, {.alpha = 0.5});

  for (double const alpha : {0.0, 0.3, 0.45, 0.8}) {
    auto const result = ewald(crystal, charge, {.alpha = alpha});
    EXPECT_NEAR(result.energy, reference.energy, 1e-11 * std::abs(reference.energy)) << alpha;
    EXPECT_LT((result.atom_energies - reference.atom_energies).cwiseAbs().maxCoeff(), 1e-9) << alpha;
    EXPECT_LT((result.forces - reference.forces).cwiseAbs().maxCoeff(), 1e-9) << alpha;
    EXPECT_LT((*result.stress - *reference.stress).cwiseAbs().maxCoeff(), 1e-11) << alpha;
  }
}

TEST(Ewald, has_forces_and_stress_that_are_derivatives) {
  constexpr double h = 1e-4;  // differences then err by h^2 times third derivatives, below 1e-7
  for (bool const slab : {false, true}) {
    auto const [crystal, charge] = sample(6, 8);
    EwaldOptions const options{.slab_correction = slab};
    auto const result = ewald(crystal, charge, options);
    for (int i = 0; i < 6; ++i)
      for (int d = 0; d < 3; ++d) {
        auto up = crystal, down = crystal;
        up.positions(d, i) += h;
        down.positions(d, i) -= h;
        double const difference = ewald(up, charge, options).energy - ewald(down, charge, options).energy;
        EXPECT_NEAR(result.forces(d, i), -difference / (2 * h), 1e-6);
      }
    for (int a = 0; a < 3; ++a)
      for (int b = a; b < 3; ++b) {
        double energy[2];
        for (int sign : {0, 1}) {
          Eigen::Matrix3d strain = Eigen::Matrix3d::Identity();
          strain(a, b) += (sign == 0 ? 0.5 : -0.5) * h;
          strain(b, a) += (sign == 0 ? 0.5 : -0.5) * h;
          auto strained = crystal;
          strained.lattice = strain * crystal.lattice;
          strained.positions = strain * crystal.positions;
          energy[sign] = ewald(strained, charge, options).energy;
        }
        EXPECT_NEAR((*result.stress)(a, b), (energy[0] - energy[1]) / (2 * h * crystal.volume()), 1e-7) << a << b;
      }
  }
}

TEST(Ewald, gives_the_same_for_a_supercell_and_a_skewed_basis) {
  auto const [crystal, charge] = sample(5, 4);
  double const energy = ewald(crystal, charge).energy;
  auto const large = supercell(crystal, {2, 1, 3});
  auto skewed = crystal;
  skewed.lattice.col(2) += 4.0 * crystal.lattice.col(0) - 3.0 * crystal.lattice.col(1);

  EXPECT_NEAR(ewald(large, charge.replicate(6, 1)).energy, 6.0 * energy, 1e-10 * std::abs(energy));
  EXPECT_NEAR(ewald(skewed, charge).energy, energy, 1e-12 * std::abs(energy));
}

TEST(Ewald, gives_the_energy_of_an_isolated_slab_with_the_correction) {
  auto [crystal, charge] = sample(8, 6);
  crystal.positions.row(2) *= 0.5;
  crystal.periodic = {true, true, false};
  auto const isolated = ewald(crystal, charge);
  crystal.periodic = {true, true, true};
  crystal.lattice.col(2) << 0.0, 0.0, 45.0;  // vacuum of five times the cell: images are felt by exp(-2 pi 5) = 2e-14
  crystal.lattice(2, 0) = crystal.lattice(2, 1) = 0.0;
  auto flat = crystal;
  flat.periodic = {true, true, false};

  auto const reference = ewald(flat, charge), corrected = ewald(crystal, charge, {.slab_correction = true});

  EXPECT_FALSE(isolated.stress.has_value());
  EXPECT_NEAR(corrected.energy, reference.energy, 1e-10 * std::abs(reference.energy));
  EXPECT_LT((corrected.forces - reference.forces).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LT((corrected.atom_energies - reference.atom_energies).cwiseAbs().maxCoeff(), 1e-9);
}

TEST(Ewald, sums_a_cluster_directly) {
  auto [crystal, charge] = sample(9, 9);
  crystal.periodic = {false, false, false};
  double energy = 0.0;
  for (int i = 0; i < 9; ++i)
    for (int j = 0; j < i; ++j) {
      energy +=
          units::coulomb_eV_A * charge[i] * charge[j] / (crystal.positions.col(i) - crystal.positions.col(j)).norm();
    }

  EXPECT_NEAR(ewald(crystal, charge).energy, energy, 1e-13 * std::abs(energy));
}

TEST(Ewald, refuses_a_charged_cell_and_one_period) {
  auto [crystal, charge] = sample(4, 1);
  crystal.periodic = {true, false, false};
  EXPECT_THROW(ewald(crystal, charge), InputError);
  crystal.periodic = {true, true, true};
  charge[0] += 0.1;
  EXPECT_THROW(ewald(crystal, charge), InputError);
}

}  // namespace
}  // namespace nacre
