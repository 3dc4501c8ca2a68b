/// What holds for every Potential: derivatives of its energy, symmetries, bookkeeping. Tolerances are per model: double
/// precision sums give 1e-7 eV/Å, single-precision networks far less.
#pragma once

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>

#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::test {

struct PotentialTolerances {
  double step = 1e-4;      ///< of central differences [Å]
  double force = 1e-6;     ///< [eV/Å]
  double stress = 1e-7;    ///< [eV/Å^3]
  double symmetry = 1e-9;  ///< energies [eV/atom] and forces [eV/Å] of equivalent configurations
};

inline Crystal deformed(Crystal crystal, Eigen::Matrix3d const& deformation) {
  crystal.lattice = deformation * crystal.lattice;
  crystal.positions = deformation * crystal.positions;
  return crystal;
}

inline void expect_forces_are_derivatives(Potential const& potential, Crystal const& crystal,
                                          PotentialTolerances const& tolerance) {
  auto const forces = potential.evaluate(crystal).forces;
  for (int i = 0; i < static_cast<int>(crystal.size()); ++i) {
    for (int d = 0; d < 3; ++d) {
      auto moved = crystal;
      moved.positions(d, i) += tolerance.step;
      double const up = potential.evaluate(moved).energy;
      moved.positions(d, i) -= 2.0 * tolerance.step;
      double const down = potential.evaluate(moved).energy;
      EXPECT_NEAR(forces(d, i), -(up - down) / (2.0 * tolerance.step), tolerance.force)
          << "atom " << i << " along " << d;
    }
  }
}

inline void expect_stress_is_derivative(Potential const& potential, Crystal const& crystal,
                                        PotentialTolerances const& tolerance) {
  auto const stress = potential.evaluate(crystal).stress;
  ASSERT_TRUE(stress.has_value());
  EXPECT_LT((*stress - stress->transpose()).norm(), tolerance.stress);
  for (int a = 0; a < 3; ++a) {
    for (int b = a; b < 3; ++b) {
      Eigen::Matrix3d strain = Eigen::Matrix3d::Zero();
      strain(a, b) += 0.5 * tolerance.step;
      strain(b, a) += 0.5 * tolerance.step;
      Eigen::Matrix3d const one = Eigen::Matrix3d::Identity();
      double const up = potential.evaluate(deformed(crystal, one + strain)).energy;
      double const down = potential.evaluate(deformed(crystal, one - strain)).energy;
      EXPECT_NEAR((*stress)(a, b), (up - down) / (2.0 * tolerance.step * crystal.volume()), tolerance.stress) << a << b;
    }
  }
}

/// Translation, moving atoms by lattice vectors, rotation, permutation, a supercell.
inline void expect_symmetries(Potential const& potential, Crystal const& crystal, PotentialTolerances const& tolerance,
                              bool whole_lattice_vectors = true) {
  auto const reference = potential.evaluate(crystal);
  auto const atoms = static_cast<double>(crystal.size());
  auto const expect_same = [&](Crystal const& other, Eigen::Matrix3d const& turned, char const* what) {
    auto const result = potential.evaluate(other);
    EXPECT_NEAR(result.energy, reference.energy, tolerance.symmetry * atoms) << what;
    EXPECT_LT((result.forces - turned * reference.forces).cwiseAbs().maxCoeff(), tolerance.symmetry) << what;
    ASSERT_EQ(result.stress.has_value(), reference.stress.has_value());
    if (!result.stress) return;
    EXPECT_LT((*result.stress - turned * *reference.stress * turned.transpose()).cwiseAbs().maxCoeff(),
              tolerance.symmetry)
        << what;
  };
  auto moved = crystal;
  moved.positions.colwise() += Eigen::Vector3d(0.37, -1.91, 5.3);
  expect_same(moved, Eigen::Matrix3d::Identity(), "translation");
  if (whole_lattice_vectors) {
    moved = crystal;
    for (int i = 0; i < static_cast<int>(crystal.size()); ++i) {
      moved.positions.col(i) += crystal.lattice * Eigen::Vector3d(i % 3 - 1, i % 2, 2 - i % 4);
    }
    expect_same(moved, Eigen::Matrix3d::Identity(), "lattice vectors added");
  }
  Eigen::Matrix3d const turn = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1.0, -2.0, 0.5).normalized()).toRotationMatrix();
  expect_same(deformed(crystal, turn), turn, "rotation");

  auto const size = static_cast<Eigen::Index>(crystal.size());
  auto permuted = crystal;
  for (Eigen::Index i = 0; i < size; ++i) {
    auto const from = static_cast<std::size_t>(size - 1 - i), to = static_cast<std::size_t>(i);
    permuted.positions.col(i) = crystal.positions.col(size - 1 - i);
    permuted.numbers[to] = crystal.numbers[from];
    if (!crystal.oxidation.empty()) permuted.oxidation[to] = crystal.oxidation[from];
  }
  auto const result = potential.evaluate(permuted);
  EXPECT_NEAR(result.energy, reference.energy, tolerance.symmetry * atoms) << "permutation";
  EXPECT_LT((result.forces - reference.forces.rowwise().reverse()).cwiseAbs().maxCoeff(), tolerance.symmetry)
      << "permutation";
}

inline void expect_extensive(Potential const& potential, Crystal const& crystal, Eigen::Vector3i const& repeats,
                             PotentialTolerances const& tolerance) {
  auto const one = potential.evaluate(crystal), many = potential.evaluate(supercell(crystal, repeats));
  double const copies = repeats.prod();
  EXPECT_NEAR(many.energy / copies, one.energy, tolerance.symmetry * static_cast<double>(crystal.size()));
  EXPECT_EQ(many.edges, static_cast<std::int64_t>(copies) * one.edges);
  EXPECT_LT((many.forces.leftCols(one.forces.cols()) - one.forces).cwiseAbs().maxCoeff(), tolerance.symmetry);
  EXPECT_LT((*many.stress - *one.stress).cwiseAbs().maxCoeff(), tolerance.symmetry);
}

inline void expect_bookkeeping(Potential const& potential, Crystal const& crystal) {
  auto const result = potential.evaluate(crystal), again = potential.evaluate(crystal);
  EXPECT_EQ(result.energy, again.energy);
  EXPECT_EQ(result.forces, again.forces);
  EvaluationState state;
  auto moved = crystal;
  for (double const shift : {0.0, 0.01, -0.02}) {  // what is kept of a moving structure changes no bit
    moved.positions.col(0).array() += shift;
    auto const kept = potential.evaluate_next(moved, state), fresh = potential.evaluate(moved);
    EXPECT_EQ(kept.energy, fresh.energy);
    EXPECT_EQ(kept.forces, fresh.forces);
  }
  EXPECT_EQ(potential.identity().size(), 64u);
  EXPECT_GT(result.edges, 0);
  EXPECT_GT(potential.expected_work(crystal), 0.0);
  EXPECT_FALSE(potential.elements().empty());
  if (result.atom_energies.size() == 0) return;
  EXPECT_EQ(result.atom_energies.size(), static_cast<Eigen::Index>(crystal.size()));
  EXPECT_NEAR(result.atom_energies.sum(), result.energy, 1e-9 * std::abs(result.energy));
}

}  // namespace nacre::test
