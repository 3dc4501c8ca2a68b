#include "nacre/potential/relax.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <functional>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/lennard_jones.hpp"

namespace nacre {
namespace {

using test::LennardJones;
using test::make_fcc;

Crystal rattled(Crystal crystal, double amplitude, std::uint64_t seed) {
  Rng rng(seed, "test-rattle", 0);
  for (double& x : crystal.positions.reshaped()) x += rng.uniform(-amplitude, amplitude);
  return crystal;
}

Crystal repeated(Crystal const& cell, int n) {
  Crystal crystal;
  crystal.lattice = n * cell.lattice;
  crystal.positions.resize(3, cell.positions.cols() * n * n * n);
  Eigen::Index next = 0;
  for (int i = 0; i < n * n * n; ++i) {
    Eigen::Vector3d const shift = cell.lattice * Eigen::Vector3d(i % n, i / n % n, i / n / n);
    for (Eigen::Index a = 0; a < cell.positions.cols(); ++a)
      crystal.positions.col(next++) = cell.positions.col(a) + shift;
  }
  crystal.numbers.assign(static_cast<std::size_t>(next), 18);
  return crystal;
}

/// A model made of a function, to plant every failure.
class Planted final : public Potential {
 public:
  explicit Planted(std::function<Evaluation(Crystal const&)> f) : f_(std::move(f)) {}
  Evaluation evaluate(Crystal const& crystal) const override { return f_(crystal); }
  std::string name() const override { return "planted"; }
  std::string identity() const override { return "planted"; }
  double cutoff() const override { return 1.0; }
  std::vector<int> elements() const override { return {}; }

 private:
  std::function<Evaluation(Crystal const&)> f_;
};

Crystal two_atoms(double distance) {
  Crystal crystal;
  crystal.lattice = 10.0 * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 2);
  crystal.positions << 0, distance, 0, 0, 0, 0;
  crystal.numbers = {18, 18};
  return crystal;
}

/// Atom 1 pulled with `force` towards atom 0, each with the same strength.
Evaluation attraction(double energy, double force) {
  Evaluation result;
  result.energy = energy;
  result.forces = Eigen::Matrix3Xd::Zero(3, 2);
  result.forces(0, 0) = force;
  result.forces(0, 1) = -force;
  result.stress = Eigen::Matrix3d::Zero();
  result.edges = 2;
  return result;
}

class BothMinimizers : public testing::TestWithParam<Minimizer> {
 protected:
  RelaxOptions options() const {
    RelaxOptions result;
    result.minimizer = GetParam();
    result.fmax = 1e-5;
    return result;
  }
};
INSTANTIATE_TEST_SUITE_P(Relax, BothMinimizers, testing::Values(Minimizer::lbfgs, Minimizer::fire),
                         [](auto const& param) { return std::string(to_string(param.param)); });

TEST_P(BothMinimizers, brings_a_rattled_crystal_back_to_its_lattice) {
  LennardJones const model;
  auto const perfect = repeated(make_fcc(3.8), 2);

  auto const relaxed = relax(rattled(perfect, 0.1, 1), model, options());

  EXPECT_TRUE(relaxed.converged);
  EXPECT_EQ(relaxed.reason, "converged");
  EXPECT_LT(relaxed.fmax, 1e-5);
  // forces of 1e-5 eV/A at a stiffness of about 1 eV/A^2 leave 1e-10 eV per atom
  EXPECT_NEAR(relaxed.evaluation.energy, model.evaluate(perfect).energy, 1e-8);
}

TEST_P(BothMinimizers, finds_the_lattice_constant_with_a_full_cell) {
  LennardJones const model;
  auto with_cell = options();
  with_cell.cell = CellFreedom::full;
  with_cell.smax = 1e-8;
  auto start = rattled(make_fcc(3.7), 0.05, 2);
  start.lattice(0, 1) = 0.2;
  start.lattice(2, 2) = 3.9;

  auto const relaxed = relax(start, model, with_cell);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  auto const& h = relaxed.crystal.lattice;
  double const a = std::cbrt(relaxed.crystal.volume());
  // cubic again: the metric is a^2 times the unit matrix
  EXPECT_LT((h.transpose() * h - a * a * Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff(), 1e-4);
  EXPECT_LT(model.evaluate(make_fcc(a)).energy, model.evaluate(make_fcc(a * 1.0005)).energy);
  EXPECT_LT(model.evaluate(make_fcc(a)).energy, model.evaluate(make_fcc(a * 0.9995)).energy);
}

TEST_P(BothMinimizers, moves_the_third_vector_alone_until_its_traction_is_gone) {
  LennardJones const model;
  auto with_cell = options();
  with_cell.cell = CellFreedom::third_vector;
  with_cell.smax = 1e-7;
  auto start = make_fcc(3.85);
  start.lattice(0, 2) = 0.1;
  start.lattice(2, 2) = 3.6;

  auto const relaxed = relax(start, model, with_cell);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  EXPECT_EQ(relaxed.crystal.lattice.leftCols<2>(), start.lattice.leftCols<2>());
  EXPECT_LT((*relaxed.evaluation.stress).col(2).cwiseAbs().maxCoeff(), 1e-7);
  EXPECT_GT(std::abs((*relaxed.evaluation.stress)(0, 0)), 1e-4);
}

TEST_P(BothMinimizers, moves_the_length_of_the_third_vector_alone) {
  LennardJones const model;
  auto with_cell = options();
  with_cell.cell = CellFreedom::c_length;
  with_cell.smax = 1e-7;
  auto start = make_fcc(3.85);
  start.lattice(0, 2) = 0.1;
  start.lattice(2, 2) = 3.6;

  auto const relaxed = relax(start, model, with_cell);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  EXPECT_EQ(relaxed.crystal.lattice.leftCols<2>(), start.lattice.leftCols<2>());
  Eigen::Vector3d const before = start.lattice.col(2).normalized(), after = relaxed.crystal.lattice.col(2).normalized();
  EXPECT_LT((before - after).norm(), 1e-14);
  EXPECT_GT(relaxed.crystal.lattice(2, 2), 3.65);
  EXPECT_LT(std::abs(after.dot(relaxed.evaluation.stress->col(2))), 1e-7);
  EXPECT_GT(std::abs((*relaxed.evaluation.stress)(0, 2)), 1e-5);  // the shear stays
}

/// Two slabs of two planes, too far apart and off their registry, with vacuum.
Crystal two_slabs(double gap, double shift) {
  auto crystal = make_fcc(3.85);
  crystal = supercell(crystal, {1, 1, 2});
  for (Eigen::Index i = 4; i < 8; ++i) crystal.positions.col(i) += Eigen::Vector3d(shift, 0.5 * shift, gap);
  crystal.lattice(2, 2) += 12.0;
  return crystal;
}

TEST_P(BothMinimizers, finds_the_same_minimum_with_layers_as_coordinates) {
  LennardJones const model;
  auto const start = rattled(two_slabs(0.5, 0.3), 0.03, 9);
  auto with_layers = options();
  auto const plain = relax(start, model, with_layers);
  ASSERT_TRUE(plain.converged) << plain.reason;
  with_layers.layer = {1, 1, 1, 1, 2, 2, 2, 2};
  for (auto const shift : {LayerShift::gap, LayerShift::free}) {
    with_layers.layer_shift = shift;

    auto const relaxed = relax(start, model, with_layers);

    ASSERT_TRUE(relaxed.converged) << relaxed.reason;
    // forces of 1e-5 eV/Å at a stiffness of about 0.1 eV/Å^2
    EXPECT_NEAR(relaxed.evaluation.energy, plain.evaluation.energy, 1e-7);
  }
}

TEST_P(BothMinimizers, brings_rigid_layers_together_along_the_normal) {
  LennardJones const model;
  auto const start = two_slabs(0.6, 0.4);
  auto rigid = options();
  rigid.group = {1, 1, 1, 1, 2, 2, 2, 2};
  rigid.motion = Motion::normal;

  auto const relaxed = relax(start, model, rigid);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  Eigen::Matrix3Xd const moved = relaxed.crystal.positions - start.positions;
  EXPECT_LT(moved.topRows<2>().cwiseAbs().maxCoeff(), 1e-12);
  EXPECT_LT(moved(2, 4) - moved(2, 0), -0.1);
  EXPECT_NEAR(moved(2, 4), moved(2, 7), 1e-12);
  // what is left pulls in the plane only
  EXPECT_GT(std::abs(relaxed.evaluation.forces.row(0).tail(4).sum()), 1e-3);
  EXPECT_LT(std::abs(relaxed.evaluation.forces.row(2).tail(4).sum()), 1e-5);
}

TEST(Relax, refuses_layers_and_motions_that_do_not_fit) {
  LennardJones const model;
  auto const crystal = two_slabs(0.2, 0.0);
  RelaxOptions options;
  options.layer_shift = LayerShift::gap;
  EXPECT_THROW(relax(crystal, model, options), InputError);
  options.layer = {1, 1, 1, 1, 2, 2, 2, 2};
  options.group = {1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_THROW(relax(crystal, model, options), InputError);
  options = {};
  options.motion = Motion::normal;
  options.cell = CellFreedom::full;
  EXPECT_THROW(relax(crystal, model, options), InputError);
}

TEST_P(BothMinimizers, holds_frozen_atoms_and_moves_groups_as_one_body) {
  LennardJones const model;
  auto const start = rattled(repeated(make_fcc(3.8), 2), 0.1, 3);
  auto constrained = options();
  constrained.frozen.assign(start.size(), false);
  constrained.group.assign(start.size(), -1);
  for (int i = 0; i < 4; ++i) constrained.frozen[i] = true;
  for (int i = 8; i < 16; ++i) constrained.group[i] = 7;

  auto const relaxed = relax(start, model, constrained);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  Eigen::Matrix3Xd const moved = relaxed.crystal.positions - start.positions;
  EXPECT_EQ(moved.leftCols<4>().cwiseAbs().maxCoeff(), 0.0);
  Eigen::Vector3d net = Eigen::Vector3d::Zero();
  for (int i = 8; i < 16; ++i) {
    EXPECT_LT((moved.col(i) - moved.col(8)).norm(), 1e-12);
    net += relaxed.evaluation.forces.col(i);
  }
  EXPECT_LT(net.norm(), 1e-5);
  EXPECT_GT(moved.col(8).norm(), 1e-3);
}

TEST_P(BothMinimizers, a_rigid_group_in_a_free_cell_keeps_its_shape_and_loses_its_net_force) {
  LennardJones const model;
  auto const start = rattled(repeated(make_fcc(3.75), 2), 0.05, 8);
  auto constrained = options();
  constrained.cell = CellFreedom::full;
  constrained.smax = 1e-7;
  constrained.group.assign(start.size(), -1);
  for (int i = 8; i < 12; ++i) constrained.group[i] = 0;

  auto const relaxed = relax(start, model, constrained);

  ASSERT_TRUE(relaxed.converged) << relaxed.reason;
  auto const& r = relaxed.crystal.positions;
  for (int i = 9; i < 12; ++i) {
    Eigen::Vector3d const before = start.positions.col(i) - start.positions.col(8), after = r.col(i) - r.col(8);
    EXPECT_LT((after - before).norm(), 1e-12);
  }
  // a stationary energy: 1e-4 of strain with the group carried along changes it in second order only
  auto energy = [&](double strain) {
    Crystal moved = relaxed.crystal;
    moved.lattice(0, 0) *= 1.0 + strain;
    Eigen::Vector3d const centre = r.middleCols(8, 4).rowwise().mean();
    for (Eigen::Index i = 0; i < r.cols(); ++i) {
      moved.positions(0, i) += strain * (i >= 8 && i < 12 ? centre.x() : r(0, i));
    }
    return model.evaluate(moved).energy;
  };
  EXPECT_NEAR((energy(1e-4) - energy(-1e-4)) / 2e-4, 0.0, 1e-3);
}

TEST_P(BothMinimizers, gives_the_same_bits_twice) {
  LennardJones const model;
  auto const start = rattled(repeated(make_fcc(3.8), 2), 0.1, 4);

  auto const first = relax(start, model, options()), second = relax(start, model, options());

  EXPECT_EQ(first.crystal.positions, second.crystal.positions);
  EXPECT_EQ(first.work, second.work);
}

TEST_P(BothMinimizers, names_each_of_the_failures) {
  auto reason = [&](std::function<Evaluation(Crystal const&)> f, CellFreedom cell = CellFreedom::fixed) {
    auto o = options();
    o.cell = cell;
    auto const start = two_atoms(2.0);
    auto const relaxed = relax(start, Planted(std::move(f)), o);
    EXPECT_FALSE(relaxed.converged);
    EXPECT_TRUE(relaxed.crystal.positions.allFinite());
    return relaxed.reason;
  };
  auto distance = [](Crystal const& c) { return c.positions(0, 1) - c.positions(0, 0); };
  auto const nan = std::numeric_limits<double>::quiet_NaN();

  EXPECT_EQ(reason([&](Crystal const& c) { return attraction(distance(c) < 1.7 ? nan : distance(c), 1.0); }),
            "not_finite");
  EXPECT_EQ(reason([&](Crystal const& c) { return attraction(distance(c), distance(c) < 1.7 ? 1e5 : 1.0); }),
            "force_too_large");
  EXPECT_EQ(reason([&](Crystal const& c) { return attraction(distance(c) < 1.7 ? -1e4 : distance(c), 1.0); }),
            "energy_fell_too_far");
  EXPECT_EQ(reason([&](Crystal const& c) { return attraction(distance(c), 1.0); }), "atoms_too_close");
  EXPECT_EQ(reason(
                [&](Crystal const& c) {
                  auto result = attraction(-0.01 * c.volume(), 0.0);
                  result.stress = -0.01 * Eigen::Matrix3d::Identity();
                  return result;
                },
                CellFreedom::full),
            "volume_runaway");
}

TEST_P(BothMinimizers, a_model_that_refuses_on_the_way_ends_the_relaxation_with_its_words) {
  auto const start = two_atoms(2.0);
  Planted const model([](Crystal const& c) {
    double const distance = c.positions(0, 1) - c.positions(0, 0);
    if (distance < 1.7) throw InputError("not covered");
    return attraction(distance, 1.0);
  });

  auto const relaxed = relax(start, model, options());

  EXPECT_EQ(relaxed.reason, "refused_by_model: not covered");
  EXPECT_GE(relaxed.crystal.positions(0, 1) - relaxed.crystal.positions(0, 0), 1.7);
}

TEST_P(BothMinimizers, ends_when_steps_run_out_or_someone_cancels) {
  LennardJones const model;
  auto const start = rattled(repeated(make_fcc(3.8), 2), 0.1, 5);
  auto few = options(), stopped = options();
  few.max_steps = 3;
  stopped.cancelled = [calls = 0]() mutable { return ++calls > 2; };

  auto const out = relax(start, model, few), cancelled = relax(start, model, stopped);

  EXPECT_EQ(out.reason, "max_steps");
  EXPECT_EQ(out.steps, 3);
  EXPECT_LT(out.evaluation.energy, model.evaluate(start).energy);
  EXPECT_EQ(cancelled.reason, "cancelled");
  EXPECT_EQ(cancelled.steps, 2);
}

TEST(Relax, counts_the_work_of_every_evaluation) {
  LennardJones const model;
  auto const start = repeated(make_fcc(3.8), 2);

  auto const relaxed = relax(start, model);

  EXPECT_EQ(relaxed.steps, 0);
  EXPECT_EQ(relaxed.work, static_cast<double>(model.evaluate(start).edges));
}

TEST(Relax, needs_far_fewer_steps_with_the_spring_model_than_fire_does) {
  LennardJones const model;
  auto const start = rattled(repeated(make_fcc(3.8), 2), 0.1, 6);
  RelaxOptions quick, slow;
  slow.minimizer = Minimizer::fire;

  auto const a = relax(start, model, quick), b = relax(start, model, slow);

  ASSERT_TRUE(a.converged && b.converged);
  EXPECT_LT(3 * a.steps, b.steps);
}

TEST(Relax, estimates_the_energy_that_is_left) {
  LennardJones const model;
  auto const perfect = repeated(make_fcc(3.8), 2);
  RelaxOptions rough;
  rough.fmax = 0.02;

  auto const relaxed = relax(rattled(perfect, 0.1, 7), model, rough);

  double const left = relaxed.evaluation.energy - model.evaluate(perfect).energy;
  EXPECT_GT(left, 0.0);
  EXPECT_GT(relaxed.energy_error, 0.2 * left);
  EXPECT_LT(relaxed.energy_error, 5.0 * left);
}

TEST(Relax, refuses_options_that_do_not_fit) {
  LennardJones const model;
  RelaxOptions short_list, negative;
  short_list.frozen = {true};
  negative.fmax = -1.0;

  EXPECT_THROW(relax(make_fcc(3.8), model, short_list), InputError);
  EXPECT_THROW(relax(make_fcc(3.8), model, negative), InputError);
  EXPECT_THROW(minimizer_from("fier"), InputError);
}

/// Counts how many structures are asked for together.
class Counting final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    require(crystal.size() != 4, "four atoms are refused");
    return model_.evaluate(crystal);
  }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override {
    together.push_back(crystals.size());
    return Potential::evaluate_many(crystals, threads);
  }
  std::string name() const override { return model_.name(); }
  std::string identity() const override { return model_.identity(); }
  double cutoff() const override { return model_.cutoff(); }
  std::vector<int> elements() const override { return model_.elements(); }
  double batch_edges() const override { return joins ? 1.0 : 0.0; }
  bool joins = true;
  mutable std::vector<std::size_t> together;

 private:
  LennardJones model_;
};

/// Four cells of increasing disorder, the last with a cell that moves.
std::vector<RelaxTask> four_tasks(Minimizer minimizer) {
  std::vector<RelaxTask> tasks;
  for (std::uint64_t k = 0; k < 4; ++k) {
    RelaxTask task{rattled(repeated(make_fcc(3.8), 2), 0.02 * static_cast<double>(k), k), {}};
    task.options.minimizer = minimizer;
    task.options.cell = k == 3 ? CellFreedom::full : CellFreedom::fixed;
    tasks.push_back(task);
  }
  return tasks;
}

TEST(RelaxBatch, goes_the_way_of_single_relaxations_joined_or_not) {
  for (bool const joins : {false, true}) {
    for (auto const minimizer : {Minimizer::fire, Minimizer::lbfgs}) {
      Counting model;
      model.joins = joins;
      auto tasks = four_tasks(minimizer);
      tasks[1].options.max_steps = 3;

      auto const together = relax_batch(tasks, model, 2);

      for (std::size_t k = 0; k < tasks.size(); ++k) {
        auto const alone = relax(tasks[k].crystal, model, tasks[k].options);
        EXPECT_EQ(together[k].reason, alone.reason) << k;
        EXPECT_EQ(together[k].steps, alone.steps) << k;
        EXPECT_EQ(together[k].evaluation.energy, alone.evaluation.energy) << k;
        EXPECT_EQ(together[k].crystal.positions, alone.crystal.positions) << k;
        EXPECT_EQ(together[k].work, alone.work) << k;
        EXPECT_EQ(together[k].energy_error, alone.energy_error) << k;
      }
      EXPECT_EQ(model.together.empty(), !joins);
    }
  }
}

TEST(RelaxBatch, structures_leave_as_they_converge) {
  Counting const model;
  auto tasks = four_tasks(Minimizer::fire);
  tasks[1].options.max_steps = 5;

  relax_batch(tasks, model, 2);

  EXPECT_EQ(model.together.front(), 4u);  // the perfect one leaves at once, the one of few steps next
  EXPECT_EQ(model.together[1], 3u);
  EXPECT_EQ(model.together[7], 2u);
  EXPECT_EQ(model.together.back(), 1u);
}

TEST(RelaxBatch, gives_the_reason_for_a_structure_that_the_model_refuses) {
  Counting const model;
  std::vector<RelaxTask> const tasks{{make_fcc(3.8), {}}, {repeated(make_fcc(3.8), 2), {}}};

  auto const relaxed = relax_batch(tasks, model);

  EXPECT_EQ(relaxed[0].reason, "refused_by_model: four atoms are refused");
  EXPECT_FALSE(relaxed[0].converged);
  EXPECT_TRUE(relaxed[1].converged);
  EXPECT_TRUE(relax_batch({}, model).empty());
}

}  // namespace
}  // namespace nacre
