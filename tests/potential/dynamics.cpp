#include "nacre/potential/dynamics.hpp"

#include <array>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "support/lennard_jones.hpp"

namespace nacre {
namespace {

constexpr double boltzmann = units::boltzmann_eV_per_K;

std::shared_ptr<Potential const> argon() { return make_potential("lj:0.1,2.5,4.6"); }
constexpr double fcc_edge = 3.93;  // near the minimum of that model [Å]

/// Atoms that do not see each other, whose virial is zero.
class IdealGas final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    Evaluation result;
    result.forces.setZero(3, crystal.positions.cols());
    result.stress = Eigen::Matrix3d::Zero();
    return result;
  }
  std::string name() const override { return "gas"; }
  std::string identity() const override { return std::string(64, '0'); }
  double cutoff() const override { return 1.0; }
  std::vector<int> elements() const override { return {18}; }
};

/// Every atom on a spring to its place, and that of the first frame's cell.
class Springs final : public Potential {
 public:
  Springs(Eigen::Matrix3Xd places, double stiffness) : places_(std::move(places)), stiffness_(stiffness) {}
  Evaluation evaluate(Crystal const& crystal) const override {
    Evaluation result;
    Eigen::Matrix3Xd const away = crystal.positions - places_;
    result.energy = 0.5 * stiffness_ * away.squaredNorm();
    result.forces = -stiffness_ * away;
    return result;
  }
  std::string name() const override { return "springs"; }
  std::string identity() const override { return std::string(64, '1'); }
  double cutoff() const override { return 1.0; }
  std::vector<int> elements() const override { return {18}; }

 private:
  Eigen::Matrix3Xd places_;
  double stiffness_;
};

Crystal solid(int repeats = 2) { return supercell(test::make_fcc(fcc_edge), {repeats, repeats, repeats}); }

TEST(Dynamics, follows_the_oscillator_of_the_discrete_equations) {
  Crystal pair;
  pair.lattice *= 20.0;
  pair.positions = Eigen::Matrix3Xd::Zero(3, 2);
  pair.positions.col(1) = Eigen::Vector3d(3.0, 0.0, 0.0);
  pair.numbers = {18, 18};
  auto const springs = std::make_shared<Springs>(pair.positions, 2.0);
  auto state = thermal_start(pair, 0.0, 1);
  state.crystal.positions(0, 0) -= 0.1;
  state.crystal.positions(0, 1) += 0.1;  // no momentum, so that both swing freely
  DynamicsOptions const options{.ensemble = Ensemble::nve, .timestep_ps = 0.004};
  Dynamics dynamics(state, springs, options);

  for (int k = 0; k < 500; ++k) dynamics.step();

  // Velocity Verlet moves a harmonic oscillator along cos(n θ) with cos θ = 1 - (ω dt)²/2 exactly
  double const square = 2.0 / (39.95 * kinetic_unit_eV) * options.timestep_ps * options.timestep_ps;
  double const expected = 0.1 * std::cos(500.0 * std::acos(1.0 - 0.5 * square));
  EXPECT_NEAR(dynamics.state().crystal.positions(0, 1) - 3.0, expected, 1e-4);  // 1e-4: the mass of argon to 4 digits
  EXPECT_NEAR(dynamics.state().crystal.positions(0, 0), -expected, 1e-4);
}

TEST(Dynamics, conserves_energy_to_second_order_in_the_step) {
  std::array<double, 2> spread{};
  for (int const half : {0, 1}) {
    DynamicsOptions const options{.ensemble = Ensemble::nve, .timestep_ps = 0.008 / (1 + half)};
    Dynamics dynamics(thermal_start(solid(), 200.0, 3), argon(), options);
    double least = 1e9, most = -1e9, drift = dynamics.conserved();
    for (int k = 0; k < 400 * (1 + half); ++k) {
      dynamics.step();
      least = std::min(least, dynamics.conserved());
      most = std::max(most, dynamics.conserved());
    }
    spread[static_cast<std::size_t>(half)] = most - least;
    EXPECT_LT(std::abs(dynamics.conserved() - drift), most - least + 1e-12);
  }

  EXPECT_NEAR(spread[0] / spread[1], 4.0, 0.6);  // the factor of a second-order method, with the higher orders
  EXPECT_LT(spread[1], 0.01 * 32.0 * 1.5 * boltzmann * 200.0);  // of the kinetic energy
}

TEST(Dynamics, gives_every_direction_and_mass_the_same_temperature) {
  auto crystal = solid();
  for (std::size_t i = 0; i < crystal.size(); i += 2) crystal.numbers[i] = 10;  // neon's mass among argon's
  double const kelvin = 400.0;
  DynamicsOptions const options{
      .ensemble = Ensemble::bussi, .temperature = kelvin, .timestep_ps = 0.004, .thermostat_ps = 0.1};
  Dynamics dynamics(thermal_start(crystal, kelvin, 5), argon(), options);
  Eigen::Vector3d along = Eigen::Vector3d::Zero();
  double light = 0.0;
  int count = 0;

  for (int k = 0; k < 12000; ++k) {
    dynamics.step();
    if (k < 1000) continue;
    auto const& v = dynamics.state().velocities;
    for (Eigen::Index i = 0; i < v.cols(); ++i) {
      double const mass = i % 2 == 0 ? 20.18 : 39.95;
      along += mass * kinetic_unit_eV * v.col(i).cwiseAbs2();
      if (i % 2 == 0) light += mass * kinetic_unit_eV * v.col(i).squaredNorm();
    }
    ++count;
  }

  double const atoms = 32.0, free = (3.0 * atoms - 3.0) / (3.0 * atoms), unit = boltzmann * kelvin;
  // 44 ps in which modes forget their energy within about 1 ps: a third of 93 degrees of freedom scatters by 2.7 %
  for (int d = 0; d < 3; ++d) EXPECT_NEAR(along[d] / count / (atoms * free * unit), 1.0, 0.08);
  // without the centre of mass an atom of mass m has 3 (1 - m/M) k T
  double const total = 16.0 * (20.18 + 39.95), share = 1.0 - 20.18 / total;
  EXPECT_NEAR(light / count / (16.0 * 3.0 * share * unit), 1.0, 0.08);
}

TEST(Dynamics, gives_a_harmonic_crystal_half_of_its_energy_as_potential) {
  DynamicsOptions const options{
      .ensemble = Ensemble::bussi, .temperature = 40.0, .timestep_ps = 0.004, .thermostat_ps = 0.1};
  Dynamics dynamics(thermal_start(solid(), 40.0, 5), argon(), options);
  double const lowest = dynamics.potential_energy();
  double potential = 0.0;
  for (int k = 0; k < 6000; ++k) {
    dynamics.step();
    if (k >= 1000) potential += dynamics.potential_energy() - lowest;
  }

  // 20 ps with a memory of 0.1 ps; what is not harmonic at k T = 3 % of the well depth is below 3 %
  EXPECT_NEAR(potential / 5000.0 / (1.5 * 31.0 * boltzmann * 40.0), 1.0, 0.05);
}

TEST(Dynamics, rescaled_velocities_have_the_canonical_kinetic_energy) {
  Crystal gas;
  gas.lattice *= 10.0;
  gas.positions.setZero(3, 5);
  gas.numbers.assign(5, 18);
  // each sample is three relaxation times after the one before: exp(-3) of it is left
  Dynamics dynamics(thermal_start(gas, 300.0, 23), std::make_shared<IdealGas>(),
                    {.temperature = 300.0, .timestep_ps = 0.02, .thermostat_ps = 0.1});
  constexpr int bins = 20, samples = 4000;
  std::array<int, bins> counts{};
  for (int k = 0; k < samples; ++k) {
    for (int i = 0; i < 15; ++i) dynamics.step();
    // 12 degrees of freedom: the distribution function is 1 - exp(-x) Σ_{k<6} x^k/k!, x = K/(k T)
    double const x = dynamics.kinetic_energy() / (boltzmann * 300.0);
    double term = 1.0, sum = 1.0;
    for (int i = 1; i < 6; ++i) sum += term *= x / i;
    counts[static_cast<std::size_t>(std::min(bins - 1, static_cast<int>(bins * (1.0 - std::exp(-x) * sum))))]++;
  }

  double square = 0.0, expected = static_cast<double>(samples) / bins;
  for (int const count : counts) square += (count - expected) * (count - expected) / expected;
  EXPECT_LT(square, 43.8);  // 0.1 % of chi-square with 19 degrees of freedom; seeded, so it does not come and go
  EXPECT_GT(square, 4.9);   // 0.05 %: nor does it fit too well
}

TEST(Dynamics, keeps_the_invariant_of_the_chains) {
  std::array<double, 2> spread{};
  for (int const half : {0, 1}) {
    DynamicsOptions const options{
        .ensemble = Ensemble::nhc, .temperature = 150.0, .timestep_ps = 0.006 / (1 + half), .thermostat_ps = 0.2};
    Dynamics dynamics(thermal_start(solid(), 300.0, 7), argon(), options);
    double least = 1e9, most = -1e9;
    for (int k = 0; k < 500 * (1 + half); ++k) {
      dynamics.step();
      least = std::min(least, dynamics.conserved());
      most = std::max(most, dynamics.conserved());
    }
    spread[static_cast<std::size_t>(half)] = most - least;
  }

  EXPECT_NEAR(spread[0] / spread[1], 4.0, 0.8);
  EXPECT_LT(spread[1], 0.01 * 32.0 * 1.5 * boltzmann * 150.0);  // of the kinetic energy
}

TEST(Dynamics, chains_reach_the_temperature_asked_for) {
  DynamicsOptions const options{
      .ensemble = Ensemble::nhc, .temperature = 150.0, .timestep_ps = 0.004, .thermostat_ps = 0.1};
  Dynamics dynamics(thermal_start(solid(), 150.0, 9), argon(), options);
  double sum = 0.0;
  for (int k = 0; k < 6000; ++k) {
    dynamics.step();
    if (k >= 1000) sum += dynamics.temperature();
  }

  EXPECT_NEAR(sum / 5000.0, 150.0, 4.0);  // 20 ps, 93 degrees of freedom: 22 K at one moment, about 1 K in the mean
}

/// Volumes of an ideal gas at constant pressure follow V^N exp(-P V/k T): their mean is (N + 1) k T/P; the centre of
/// mass rests, so that of N atoms N - 1 press.
TEST(Dynamics, barostat_gives_an_ideal_gas_its_volume) {
  Crystal gas;
  gas.lattice = Eigen::Vector3d(10.0, 9.0, 11.0).asDiagonal();
  gas.positions.setZero(3, 30);
  gas.numbers.assign(30, 18);
  DynamicsOptions const options{.ensemble = Ensemble::bussi,
                                .temperature = 300.0,
                                .timestep_ps = 0.002,
                                .thermostat_ps = 0.05,
                                .barostat = Barostat::isotropic,
                                .pressure = 1e-3,
                                .barostat_ps = 0.5,
                                .compressibility = 1000.0};  // that of the gas, 1/P
  Dynamics dynamics(thermal_start(gas, 300.0, 11), std::make_shared<IdealGas>(), options);
  double sum = 0.0;
  int const steps = 300000;
  for (int k = 0; k < steps; ++k) {
    dynamics.step();
    if (k >= steps / 10) sum += dynamics.state().crystal.volume();
  }

  auto const& lattice = dynamics.state().crystal.lattice;
  EXPECT_NEAR(lattice(0, 0) / lattice(1, 1), 10.0 / 9.0, 1e-9);
  // 540 ps with a memory of 0.5 ps and a spread of 18 %: 2 % are three standard errors
  EXPECT_NEAR(sum / (0.9 * steps) / (30.0 * boltzmann * 300.0 / 1e-3), 1.0, 0.02);
}

struct Strains {
  double mean, variance;  ///< of the logarithm of the volume over the static one
};

/// Of a cold crystal whose static equilibrium at the pressure is `start`.
Strains strains_under(Barostat barostat, Crystal const& start, double pressure, double kelvin) {
  DynamicsOptions const options{.ensemble = Ensemble::bussi,
                                .temperature = kelvin,
                                .timestep_ps = 0.004,
                                .thermostat_ps = 0.1,
                                .barostat = barostat,
                                .pressure = pressure,
                                .barostat_ps = 0.5,
                                .compressibility = 1.0};
  Dynamics dynamics(thermal_start(start, kelvin, 13), argon(), options);
  double sum = 0.0, squares = 0.0;
  int const steps = 20000;
  for (int k = 0; k < steps; ++k) {
    dynamics.step();
    double const strain = std::log(dynamics.state().crystal.volume() / start.volume());
    sum += strain;
    squares += strain * strain;
  }
  if (barostat == Barostat::normal) {
    EXPECT_EQ(dynamics.state().crystal.lattice.leftCols(2), start.lattice.leftCols(2));
  }
  double const mean = sum / steps;
  return {mean, squares / steps - mean * mean};
}

TEST(Dynamics, barostat_finds_the_static_cell_and_its_fluctuations) {
  auto const model = argon();
  double const aim = 0.01, kelvin = 5.0;
  for (auto const barostat : {Barostat::isotropic, Barostat::normal}) {
    auto const cell = [&](double strain) {  // its pressure along what moves falls with the strain
      auto crystal = solid();
      Eigen::Vector3d grow(1.0, 1.0, std::exp(strain));
      if (barostat == Barostat::isotropic) grow.setConstant(std::exp(strain / 3.0));
      crystal.lattice = grow.asDiagonal() * crystal.lattice;
      crystal.positions = grow.asDiagonal() * crystal.positions;
      return crystal;
    };
    auto const pressure = [&](double strain) {
      Eigen::Matrix3d const stress = *model->evaluate(cell(strain)).stress;
      return barostat == Barostat::isotropic ? -stress.trace() / 3.0 : -stress(2, 2);
    };
    double low = -0.2, high = 0.1;
    for (int k = 0; k < 60; ++k) (pressure(0.5 * (low + high)) > aim ? low : high) = 0.5 * (low + high);
    double const stiffness = (pressure(low - 1e-4) - pressure(low + 1e-4)) / 2e-4;  // -dP/dlnV

    auto const strains = strains_under(barostat, cell(low), aim, kelvin);

    double const variance = boltzmann * kelvin / (cell(low).volume() * stiffness);
    EXPECT_NEAR(strains.mean, 0.0, 2e-3);  // thermal expansion at 5 K is below 1e-3
    // 80 ps with a memory of about 0.2 ps: 20 % are three standard errors of a variance
    EXPECT_NEAR(strains.variance / variance, 1.0, 0.2) << stiffness;
  }
}

TEST(Dynamics, goes_on_from_a_state_with_the_same_bits) {
  for (auto const ensemble : {Ensemble::nve, Ensemble::bussi, Ensemble::nhc}) {
    DynamicsOptions options{.ensemble = ensemble, .temperature = 100.0, .timestep_ps = 0.004};
    if (ensemble != Ensemble::nve) options.barostat = Barostat::normal;
    Dynamics whole(thermal_start(solid(), 100.0, 17), argon(), options);
    for (int k = 0; k < 30; ++k) whole.step();
    Dynamics resumed(whole.state(), argon(), options);

    for (int k = 0; k < 30; ++k) whole.step();
    for (int k = 0; k < 30; ++k) resumed.step();

    EXPECT_EQ(whole.state().crystal.positions, resumed.state().crystal.positions);
    EXPECT_EQ(whole.state().crystal.lattice, resumed.state().crystal.lattice);
    EXPECT_EQ(whole.state().velocities, resumed.state().velocities);
    EXPECT_EQ(whole.conserved(), resumed.conserved());
  }
}

TEST(Dynamics, has_no_momentum_and_the_temperature_at_the_start) {
  auto const state = thermal_start(solid(), 500.0, 19);

  EXPECT_NEAR(instantaneous_temperature(state), 500.0, 1e-9);
  EXPECT_LT(state.velocities.rowwise().sum().norm(), 1e-12);
  EXPECT_NE(state.velocities, thermal_start(solid(), 500.0, 20).velocities);
}

TEST(Dynamics, says_what_is_wrong) {
  auto crystal = solid();
  crystal.positions.col(1) = crystal.positions.col(0) + Eigen::Vector3d(1.6, 0.0, 0.0);  // far up the wall
  Dynamics dynamics(thermal_start(crystal, 100.0, 1), argon(), {.temperature = 100.0, .timestep_ps = 0.004});
  EXPECT_EQ(what_is_wrong(dynamics), "");

  std::string wrong;
  for (int k = 0; k < 20 && wrong.empty(); ++k) {
    dynamics.step();
    wrong = what_is_wrong(dynamics);
  }

  EXPECT_TRUE(wrong.starts_with("blown_up") || wrong.starts_with("atoms_too_fast")) << wrong;
}

TEST(Dynamics, refuses_options_that_make_no_sense) {
  auto const refused = [](DynamicsOptions const& options) { EXPECT_THROW(check(options), InputError); };
  refused({.temperature = 0.0});
  refused({.temperature = std::nan("")});
  refused({.temperature = 300.0, .timestep_ps = 0.0});
  refused({.temperature = 300.0, .timestep_ps = 1.0});
  refused({.temperature = 300.0, .thermostat_ps = 0.001});
  refused({.ensemble = Ensemble::nve, .temperature = 300.0, .barostat = Barostat::isotropic});
}

}  // namespace
}  // namespace nacre
