/// What a model keeps of a moving structure never changes a bit of a result.
#include <Eigen/LU>

#include "nacre/core/rng.hpp"
#include "nacre/potential/potential.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Crystal rock_salt(double a, int first, int second) {
  Crystal cell;
  cell.lattice << 0.0, a / 2, a / 2, a / 2, 0.0, a / 2, a / 2, a / 2, 0.0;
  cell.positions.resize(3, 2);
  cell.positions << 0.0, a / 2, 0.0, a / 2, 0.0, a / 2;
  cell.numbers = {first, second};
  return cell;
}

/// Kicks the atoms, drifts all of them and strains the cell; now and then moves an atom by whole lattice vectors.
void move(Crystal& crystal, Rng& rng, int step, double strain) {
  Eigen::Matrix3d deformation = Eigen::Matrix3d::Identity();
  for (double& e : deformation.reshaped()) e += strain * rng.uniform(-1.0, 1.0);
  crystal.lattice = deformation * crystal.lattice;
  crystal.positions = deformation * crystal.positions;
  for (double& x : crystal.positions.reshaped()) x += 0.04 * rng.normal();
  crystal.positions.colwise() += Eigen::Vector3d(0.11, -0.07, 0.02);
  if (step % 4 == 3 && crystal.periodic[1]) crystal.positions.col(step % crystal.positions.cols()) += crystal.lattice.col(1);
}

void expect_same_bits(Evaluation const& kept, Evaluation const& fresh) {
  EXPECT_EQ(kept.energy, fresh.energy);
  EXPECT_EQ(kept.atom_energies, fresh.atom_energies);
  EXPECT_EQ(kept.forces, fresh.forces);
  EXPECT_EQ(kept.stress.has_value(), fresh.stress.has_value());
  EXPECT_EQ(kept.stress.value_or(Eigen::Matrix3d::Zero()), fresh.stress.value_or(Eigen::Matrix3d::Zero()));
  EXPECT_EQ(kept.edges, fresh.edges);
}

void expect_same_bits_on_the_way(Potential const& model, Crystal crystal, int steps, double strain) {
  Rng rng(7, "moving", 0);
  EvaluationState state;
  for (int step = 0; step < steps; ++step) {
    SCOPED_TRACE(step);
    expect_same_bits(model.evaluate_next(crystal, state), model.evaluate(crystal));
    move(crystal, rng, step, strain);
  }
}

TEST(MovingStructures, have_the_bits_of_single_evaluations) {
  auto const small = rock_salt(4.2, 12, 8), cell = supercell(small, {3, 2, 2});
  PotentialOptions rough, mesh;
  rough.accuracy = 1e-5;
  mesh.sum = PotentialOptions::Sum::pme;
  mesh.cutoff = 6.0;
  for (double const strain : {0.0, 0.003}) {
    expect_same_bits_on_the_way(*make_potential("rigid-ion:grimes"), small, 12, strain);
    expect_same_bits_on_the_way(*make_potential("rigid-ion:grimes", rough), cell, 12, strain);
    expect_same_bits_on_the_way(*make_potential("rigid-ion:pedone2006+lj:0.01,2.5+zbl", mesh), cell, 12, strain);
    auto const silicon = supercell(rock_salt(5.0, 14, 14), {2, 2, 2});
    expect_same_bits_on_the_way(*make_potential("tersoff:tersoff1989"), silicon, 12, strain);
    expect_same_bits_on_the_way(*make_potential("sw:stillinger_weber1985"), silicon, 12, strain);
  }
}

TEST(MovingStructures, have_them_in_cells_with_fewer_periods_and_in_skew_ones) {
  auto const model = make_potential("rigid-ion:grimes");
  auto slab = supercell(rock_salt(4.2, 12, 8), {2, 2, 2}), cluster = slab, skew = slab;
  slab.periodic = {true, true, false};
  cluster.periodic = {false, false, false};
  skew.lattice.col(2) += 5.0 * skew.lattice.col(0) - 3.0 * skew.lattice.col(1);

  expect_same_bits_on_the_way(*model, slab, 8, 0.002);
  expect_same_bits_on_the_way(*model, cluster, 8, 0.0);
  expect_same_bits_on_the_way(*model, skew, 8, 0.002);
}

TEST(MovingStructures, have_them_in_cells_so_large_that_images_are_binned) {
  PotentialOptions options;
  options.accuracy = 1e-4;
  options.cutoff = 5.0;
  auto const model = make_potential("rigid-ion:grimes", options);

  expect_same_bits_on_the_way(*model, supercell(rock_salt(4.2, 12, 8), {12, 12, 12}), 4, 0.001);
}

TEST(MovingStructures, may_be_followed_by_any_other_structure) {
  auto const model = make_potential("rigid-ion:grimes");
  auto const cell = rock_salt(4.2, 12, 8);
  auto doubled = supercell(cell, {2, 1, 1}), other = doubled, far = doubled;
  std::swap(other.numbers[0], other.numbers[1]);
  far.positions.col(1) += 40.0 * far.lattice.col(0);
  EvaluationState state;

  for (auto const& crystal : std::vector<Crystal>{cell, doubled, other, doubled, far, far, cell})
    expect_same_bits(model->evaluate_next(crystal, state), model->evaluate(crystal));
  auto const another = make_potential("lj:0.1,2.5");
  expect_same_bits(another->evaluate_next(cell, state), another->evaluate(cell));
}

TEST(MovingStructures, count_the_same_atoms_that_are_given_many_cells_apart) {
  auto const model = make_potential("rigid-ion:grimes");
  auto crystal = supercell(rock_salt(4.2, 12, 8), {2, 1, 1});
  crystal.positions(0, 0) += 0.2;
  auto const near = model->evaluate(crystal);
  crystal.positions.col(1) += 40.0 * crystal.lattice.col(0) - 25.0 * crystal.lattice.col(2);

  auto const far = model->evaluate(crystal);

  EXPECT_NEAR(far.energy, near.energy, 1e-9);  // 500 Å cost three of sixteen digits
  EXPECT_LT((far.forces - near.forces).norm(), 1e-9);
  EXPECT_EQ(far.edges, near.edges);
}

}  // namespace
}  // namespace nacre
