#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/ewald.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/potential/relax.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Sum = PotentialOptions::Sum;

struct Sample {
  Crystal crystal;
  Eigen::VectorXd charge;
};

/// Ions of random charge in layers along z, so that no two come close.
Sample sample(Eigen::Matrix3d const& lattice, int atoms, std::uint64_t seed) {
  Rng rng(seed, "mesh", 0);
  Sample result;
  result.crystal.lattice = lattice;
  result.crystal.positions.resize(3, atoms);
  result.crystal.numbers.assign(static_cast<std::size_t>(atoms), 8);
  result.charge.resize(atoms);
  for (int i = 0; i < atoms; ++i) {
    Eigen::Vector3d const place(3.0 * rng.uniform() - 1.0, rng.uniform(), (i + 0.2 * rng.uniform()) / atoms);
    result.crystal.positions.col(i) = lattice * place;
    result.charge[i] = rng.uniform(-3.0, 3.0);
  }
  result.charge.array() -= result.charge.mean();
  return result;
}

std::vector<Eigen::Matrix3d> cells() {
  Eigen::Matrix3d cubic = 9.0 * Eigen::Matrix3d::Identity(), skew, thin, flat;
  skew << 8.0, 3.5, -3.0, 0.3, 7.0, 2.0, -0.4, 0.2, 9.0;
  thin << 3.1, 0.4, 0.0, 0.0, 2.8, 0.0, 0.5, -0.3, 44.0;
  flat << 19.0, 6.0, 0.3, 0.0, 17.0, 0.2, 0.0, 0.0, 3.3;
  return {cubic, skew, thin, flat};
}

double root_mean_square(Eigen::Matrix3Xd const& difference) {
  return std::sqrt(difference.squaredNorm() / static_cast<double>(difference.cols()));
}

TEST(MeshEwald, has_the_accuracy_that_was_asked_for) {
  for (auto const& lattice : cells()) {
    auto const [crystal, charge] = sample(lattice, 40, 3);
    auto const exact = ewald(crystal, charge);
    for (double const accuracy : {1e-3, 1e-5, 1e-7, 1e-9}) {
      for (Sum const sum : {Sum::pme, Sum::direct, Sum::automatic}) {
        SCOPED_TRACE(testing::Message() << lattice << "\naccuracy " << accuracy << " sum " << static_cast<int>(sum));
        auto const result = ewald(crystal, charge, {.sum = sum, .accuracy = accuracy});
        double const target = accuracy * units::coulomb_eV_A;

        // The estimates hold for ions at random; layers of them are allowed three times that.
        EXPECT_LT(root_mean_square(result.forces - exact.forces), 3.0 * target);
        // Errors of energies and virials: a force error times a length of some Å, summed over atoms like a walk.
        EXPECT_NEAR(result.energy, exact.energy, 60.0 * target);
        EXPECT_LT((*result.stress - *exact.stress).cwiseAbs().maxCoeff() * crystal.volume(), 100.0 * target);
        EXPECT_NEAR(result.atom_energies.sum(), result.energy, 1e-12 * std::abs(result.energy));
      }
    }
  }
}

TEST(MeshEwald, costs_accuracy_where_less_is_asked) {
  auto const [crystal, charge] = sample(cells()[1], 40, 4);
  auto const exact = ewald(crystal, charge);

  // Were a sum always the exact one, the accuracy asked for would mean nothing.
  EXPECT_GT(root_mean_square(ewald(crystal, charge, {.sum = Sum::pme, .accuracy = 1e-4}).forces - exact.forces), 1e-5);
  EXPECT_GT(root_mean_square(ewald(crystal, charge, {.sum = Sum::direct, .accuracy = 1e-4}).forces - exact.forces),
            1e-7);
}

TEST(MeshEwald, conforms) {
  Crystal crystal;
  crystal.lattice = 4.21 * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, 8);
  int place = 0;
  Rng rng(5, "rattle", 0);
  for (int k = 0; k < 8; ++k) {
    Eigen::Vector3d const corner(k & 1, (k >> 1) & 1, k >> 2);
    crystal.positions.col(place++) = 2.105 * corner;
    crystal.numbers.push_back((k & 1) ^ ((k >> 1) & 1) ^ (k >> 2) ? 8 : 12);
  }
  for (auto& x : crystal.positions.reshaped()) x += 0.15 * rng.uniform(-1.0, 1.0);
  PotentialOptions options;
  options.sum = Sum::pme;
  // The mesh is at rest, the crystal is not: translations and supercells show the error of the sum, 1.4e-7 eV/Å.
  test::PotentialTolerances const tolerance{.symmetry = 1e-6};
  for (bool const slab : {false, true}) {
    options.slab_correction = slab;
    auto const potential = make_potential("rigid-ion:grimes", options);
    test::expect_forces_are_derivatives(*potential, crystal, tolerance);
    test::expect_stress_is_derivative(*potential, crystal, tolerance);
    test::expect_symmetries(*potential, crystal, tolerance, !slab);
    test::expect_bookkeeping(*potential, crystal);
    if (!slab) test::expect_extensive(*potential, crystal, {2, 1, 2}, tolerance);
  }
}

TEST(MeshEwald, sums_a_slab_in_vacuum_like_the_direct_sum) {
  Eigen::Matrix3d lattice;
  lattice << 9.0, 1.0, 0.0, 0.0, 8.0, 0.0, 0.0, 0.0, 12.0;
  auto [crystal, charge] = sample(lattice, 30, 6);
  crystal.lattice(2, 2) = 34.0;
  auto flat = crystal;
  flat.periodic = {true, true, false};
  for (auto const& [configuration, slab] : {std::pair{crystal, true}, {flat, false}}) {
    auto const exact = ewald(configuration, charge, {.slab_correction = slab});
    auto const mesh =
        ewald(configuration, charge, {.sum = Sum::pme, .accuracy = 1e-7, .slab_correction = slab});
    EXPECT_NEAR(mesh.energy, exact.energy, 60e-7 * units::coulomb_eV_A);
    EXPECT_LT(root_mean_square(mesh.forces - exact.forces), 3e-7 * units::coulomb_eV_A);
  }
}

TEST(MeshEwald, keeps_the_momentum) {
  auto const [crystal, charge] = sample(cells()[1], 30, 7);

  for (double const accuracy : {1e-3, 1e-6}) {
    auto const forces = ewald(crystal, charge, {.sum = Sum::pme, .accuracy = accuracy}).forces;
    EXPECT_LT(forces.rowwise().sum().norm(), 1e-11 * forces.norm());
  }
}

/// Magnesia at about 600 K, velocity Verlet at constant energy.
double largest_drift(Potential const& potential, int steps, double time_step_fs) {
  Crystal cell;
  cell.lattice << 0.0, 2.11, 2.11, 2.11, 0.0, 2.11, 2.11, 2.11, 0.0;
  cell.positions.resize(3, 2);
  cell.positions << 0.0, 2.11, 0.0, 2.11, 0.0, 2.11;
  cell.numbers = {12, 8};
  auto crystal = supercell(cell, {2, 2, 2});
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  double const eV_per_u_A2_fs2 = 103.642696, step = time_step_fs;  // 1 u (Å/fs)^2 in eV
  Eigen::RowVectorXd mass(atoms);
  for (Eigen::Index i = 0; i < atoms; ++i) mass[i] = eV_per_u_A2_fs2 * atomic_mass(crystal.numbers[std::size_t(i)]);
  Rng rng(8, "velocity", 0);
  Eigen::Matrix3Xd velocity(3, atoms);
  for (auto& v : velocity.reshaped()) v = rng.uniform(-1.0, 1.0);
  velocity = (velocity.array().rowwise() * (std::sqrt(3.0 * 0.052) / mass.array().sqrt())).matrix();
  auto now = potential.evaluate(crystal);
  auto const total = [&] { return now.energy + 0.5 * (velocity.colwise().squaredNorm().array() * mass.array()).sum(); };
  double const start = total();
  double drift = 0.0;
  for (int k = 0; k < steps; ++k) {
    velocity += 0.5 * step * (now.forces.array().rowwise() / mass.array()).matrix();
    crystal.positions += step * velocity;
    now = potential.evaluate(crystal);
    velocity += 0.5 * step * (now.forces.array().rowwise() / mass.array()).matrix();
    drift = std::max(drift, std::abs(total() - start) / static_cast<double>(atoms));
  }
  return drift;
}

TEST(MeshEwald, conserves_the_energy_of_a_motion) {
  PotentialOptions options;
  options.sum = Sum::pme;
  options.accuracy = 1e-5;
  options.cutoff = 8.0;  // for the time of the test
  auto const mesh = make_potential("rigid-ion:grimes", options);
  options.sum = Sum::direct;
  options.accuracy = 0.0;
  auto const exact = make_potential("rigid-ion:grimes", options);

  // Verlet's own error goes with the square of the step, 8e-5 eV an atom at 1 fs for these frequencies; forces that were
  // no derivatives of the energy would drift on top of that with the number of steps.
  double const coarse = largest_drift(*mesh, 100, 1.0), fine = largest_drift(*mesh, 200, 0.5);
  EXPECT_LT(coarse, 1e-3);
  EXPECT_NEAR(fine / coarse, 0.25, 0.1);
  EXPECT_NEAR(coarse, largest_drift(*exact, 100, 1.0), 0.05 * coarse);
}

TEST(MeshEwald, gives_a_charged_lattice_in_a_uniform_background_its_energy) {
  Crystal crystal;
  crystal.lattice = 3.0 * Eigen::Matrix3d::Identity();
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 1);
  crystal.numbers = {3};
  Eigen::VectorXd const one = Eigen::VectorXd::Ones(1);
  // -2.837297479/2 k q^2/L: the simple cubic lattice of charges, known to these digits
  double const expected = -0.5 * 2.8372974794806 * units::coulomb_eV_A / 3.0;

  EXPECT_THROW(ewald(crystal, one), InputError);
  EXPECT_NEAR(ewald(crystal, one, {.background = true}).energy, expected, 1e-10);
  EXPECT_NEAR(ewald(crystal, one, {.sum = Sum::pme, .accuracy = 1e-9, .background = true}).energy, expected, 1e-7);
  auto const result = ewald(crystal, one, {.background = true});
  EXPECT_NEAR(result.stress->trace(), -result.energy / 27.0, 1e-12);  // E goes as 1/L
  EXPECT_NEAR(result.atom_energies.sum(), result.energy, 1e-14);
  EXPECT_THROW(ewald(crystal, one, {.slab_correction = true, .background = true}), InputError);
  crystal.periodic[2] = false;
  EXPECT_THROW(ewald(crystal, one, {.background = true}), InputError);
}

/// An oxygen vacancy of ceria in a uniform background: the barrier of its hop, start and midpoint relaxed.
TEST(MeshEwald, gives_the_published_barrier_of_a_charged_vacancy) {
  auto const path = test::shared_file("reference/physics2/hops.json");
  NACRE_NEEDS_SHARED(path);
  auto const entry = Value::parse_json(read_file(path), path.string()).at("entries").at("CeO2|2x2x2|rc9");
  double const a = 2.0 * entry.at("hop_A").as_number();
  Crystal ceria;
  ceria.lattice = a * Eigen::Matrix3d::Identity();
  ceria.numbers = {58, 58, 58, 58, 8, 8, 8, 8, 8, 8, 8, 8};
  ceria.positions.resize(3, 12);
  ceria.positions.leftCols<4>() << 0, 0, 2, 2, 0, 2, 0, 2, 0, 2, 2, 0;
  for (int k = 0; k < 8; ++k) ceria.positions.col(4 + k) << 1 + 2 * (k & 1), 1 + 2 * ((k >> 1) & 1), 1 + 2 * (k >> 2);
  ceria.positions *= a / 4.0;
  auto start = supercell(ceria, {2, 2, 2});
  start.positions.col(4) = start.positions.rightCols<1>();  // atom 5 leaves, atom 6 is its neighbour along x
  start.positions.conservativeResize(3, 95);
  start.numbers[4] = start.numbers.back();
  start.numbers.pop_back();
  auto saddle = start;
  saddle.positions(0, 5) -= a / 4.0;
  PotentialOptions options;
  options.cutoff = entry.at("rc_short_A").as_number();
  options.taper = false;
  options.background = true;
  RelaxOptions relaxation;
  relaxation.fmax = 1e-4;
  for (Sum const sum : {Sum::direct, Sum::pme}) {
    options.sum = sum;
    auto const model = make_potential("rigid-ion:grimes", options);
    auto at_saddle = relaxation;
    at_saddle.frozen.assign(95, false);
    at_saddle.frozen[5] = true;  // symmetry holds the lattice against it
    auto const low = relax(start, *model, relaxation), high = relax(saddle, *model, at_saddle);
    ASSERT_TRUE(low.converged && high.converged) << low.reason << " " << high.reason;
    // what the reference states for the jumps of a plain cutoff of 9 Å
    EXPECT_NEAR(high.evaluation.energy - low.evaluation.energy, entry.at("E_mig_eV").as_number(), 2e-4);
  }
}

TEST(MeshEwald, takes_the_exact_sum_for_small_cells_unless_told_otherwise) {
  auto const [crystal, charge] = sample(cells()[0], 20, 9);
  auto const exact = ewald(crystal, charge, {.sum = Sum::direct}), usual = ewald(crystal, charge, {.sum = Sum::automatic});

  EXPECT_EQ(usual.energy, exact.energy);
  EXPECT_EQ(usual.forces, exact.forces);
  EXPECT_NE(ewald(crystal, charge, {.sum = Sum::pme}).energy, exact.energy);
}

TEST(MeshEwald, refuses_an_accuracy_out_of_range) {
  auto const [crystal, charge] = sample(cells()[0], 4, 1);
  for (double const accuracy : {-1.0, 1e-14, 0.5}) EXPECT_THROW(ewald(crystal, charge, {.accuracy = accuracy}), InputError);
}

TEST(MeshEwald, every_choice_of_sum_is_a_model_of_its_own) {
  std::set<std::string> identities;
  for (Sum const sum : {Sum::direct, Sum::pme, Sum::automatic}) {
    for (double const accuracy : {0.0, 1e-5}) {
      PotentialOptions options;
      options.sum = sum;
      options.accuracy = accuracy;
      identities.insert(make_potential("rigid-ion:grimes", options)->identity());
    }
  }
  EXPECT_EQ(identities.size(), 6u);
}

}  // namespace
}  // namespace nacre
