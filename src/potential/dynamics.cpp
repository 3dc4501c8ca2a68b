#include "nacre/potential/dynamics.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "thermostat.hpp"

namespace nacre {
namespace {

using units::boltzmann_eV_per_K;

Eigen::VectorXd masses_of(Crystal const& crystal) {
  Eigen::VectorXd masses(static_cast<Eigen::Index>(crystal.size()));
  for (Eigen::Index i = 0; i < masses.size(); ++i)
    masses[i] = atomic_mass(crystal.numbers[static_cast<std::size_t>(i)]);
  return masses;
}

double kinetic_of(Eigen::Matrix3Xd const& velocities, Eigen::VectorXd const& masses) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < masses.size(); ++i) sum += masses[i] * velocities.col(i).squaredNorm();
  return 0.5 * kinetic_unit_eV * sum;
}

void remove_mean(Eigen::Matrix3Xd& velocities, Eigen::VectorXd const& masses) {
  Eigen::Vector3d const mean = velocities * masses / masses.sum();
  velocities.colwise() -= mean;
}

Eigen::Vector3d plane_normal(Eigen::Matrix3d const& lattice) {
  Eigen::Vector3d const a = lattice.col(0), b = lattice.col(1);
  return a.cross(b).normalized();
}

}  // namespace

std::string_view to_string(Ensemble ensemble) {
  switch (ensemble) {
    case Ensemble::nve:
      return "nve";
    case Ensemble::bussi:
      return "bussi";
    case Ensemble::nhc:
      return "nhc";
  }
  return "bussi";
}

Ensemble ensemble_from(std::string_view word) {
  for (auto const ensemble : {Ensemble::nve, Ensemble::bussi, Ensemble::nhc})
    if (to_string(ensemble) == word) return ensemble;
  std::vector<std::string> const known{"nve", "bussi", "nhc"};
  input_error("unknown ensemble '", word, "'", did_you_mean(word, known));
}

std::string_view to_string(Barostat barostat) {
  switch (barostat) {
    case Barostat::none:
      return "none";
    case Barostat::isotropic:
      return "isotropic";
    case Barostat::normal:
      return "normal";
  }
  return "none";
}

void check(DynamicsOptions const& options) {
  auto const within = [](double value, double low, double high) { return value >= low && value <= high; };
  require(within(options.timestep_ps, 1e-6, 0.02), "invalid timestep ", 1e3 * options.timestep_ps, " fs (0.001 to 20)");
  bool const free = options.ensemble == Ensemble::nve;
  require(within(options.temperature, free ? 0.0 : 1.0, 1e5), "invalid temperature ", options.temperature, " K (",
          free ? 0 : 1, " to 100000)");
  require(free || within(options.thermostat_ps, 5.0 * options.timestep_ps, 1e3), "invalid thermostat time ",
          options.thermostat_ps, " ps (at least five time steps, at most 1000)");
  if (options.barostat == Barostat::none) return;
  require(!free, "a barostat without a thermostat (nve): choose bussi or nhc");
  require(std::abs(options.pressure) < 10.0, "invalid pressure ", options.pressure * units::GPa, " GPa (below 1602)");
  require(within(options.barostat_ps, 20.0 * options.timestep_ps, 1e3), "invalid barostat time ", options.barostat_ps,
          " ps (at least twenty time steps, at most 1000)");
  require(within(options.compressibility, 1e-3, 1e3), "invalid compressibility ", options.compressibility,
          " A^3/eV (0.001 to 1000)");
}

int degrees_of_freedom(Crystal const& crystal) { return 3 * static_cast<int>(crystal.size()) - 3; }

double kinetic_energy(DynamicsState const& state) { return kinetic_of(state.velocities, masses_of(state.crystal)); }

double instantaneous_temperature(DynamicsState const& state) {
  int const freedom = degrees_of_freedom(state.crystal);
  return freedom > 0 ? 2.0 * kinetic_energy(state) / (freedom * boltzmann_eV_per_K) : 0.0;
}

DynamicsState thermal_start(Crystal crystal, double temperature, std::uint64_t seed) {
  DynamicsState state;
  auto const masses = masses_of(crystal);
  state.velocities.setZero(3, masses.size());
  state.crystal = std::move(crystal);
  if (temperature <= 0.0 || masses.size() < 2) return state;
  Rng rng(seed, "md.velocities", 0);
  for (Eigen::Index i = 0; i < masses.size(); ++i)
    for (int d = 0; d < 3; ++d) state.velocities(d, i) = rng.normal() / std::sqrt(masses[i]);
  remove_mean(state.velocities, masses);
  double const wanted = 0.5 * degrees_of_freedom(state.crystal) * boltzmann_eV_per_K * temperature;
  state.velocities *= std::sqrt(wanted / kinetic_of(state.velocities, masses));
  return state;
}

Dynamics::Dynamics(DynamicsState state, std::shared_ptr<Potential const> potential, DynamicsOptions const& options)
    : state_(std::move(state)), potential_(std::move(potential)), options_(options) {
  check(options_);
  check(state_.crystal, "start of the dynamics");
  require(state_.crystal.size() >= 2, "dynamics of ", state_.crystal.size(), " atoms (two or more)");
  require(state_.velocities.cols() == state_.crystal.positions.cols(), state_.velocities.cols(), " velocities for ",
          state_.crystal.size(), " atoms");
  masses_ = masses_of(state_.crystal);
  total_mass_ = masses_.sum();
  kick_ = (0.5 * options_.timestep_ps / kinetic_unit_eV) * masses_.cwiseInverse().transpose();
  freedom_ = degrees_of_freedom(state_.crystal);
  evaluate();
  require(options_.barostat == Barostat::none || evaluation_.stress.has_value(), "a barostat needs the stress, which '",
          potential_->name(), "' does not give for this cell");
  measure_kinetic();
}

Dynamics::~Dynamics() = default;

void Dynamics::step() {
  if (options_.ensemble == Ensemble::nhc) half_step_of_chains();
  double const strain = options_.barostat == Barostat::none ? 0.0 : cell_strain();
  kick();
  if (strain != 0.0) scale_cell(strain);
  drift();
  evaluate();
  kick();
  remove_momentum();
  measure_kinetic();
  ++state_.step;
  if (options_.ensemble == Ensemble::nhc) half_step_of_chains();
  if (options_.ensemble == Ensemble::bussi) rescale_velocities();
}

void Dynamics::kick() {
  for (Eigen::Index i = 0; i < kick_.size(); ++i) state_.velocities.col(i) += kick_[i] * evaluation_.forces.col(i);
}

void Dynamics::drift() { state_.crystal.positions += options_.timestep_ps * state_.velocities; }

void Dynamics::evaluate() {
  evaluation_ = potential_->evaluate_next(state_.crystal, kept_);
  edges_ += evaluation_.edges;
}

/// Forces of a mesh do not sum to zero exactly.
void Dynamics::remove_momentum() {
  Eigen::Vector3d momentum = Eigen::Vector3d::Zero();
  for (Eigen::Index i = 0; i < masses_.size(); ++i) momentum += masses_[i] * state_.velocities.col(i);
  momentum /= total_mass_;
  state_.velocities.colwise() -= momentum;
}

void Dynamics::measure_kinetic() { kinetic_ = kinetic_of(state_.velocities, masses_); }

void Dynamics::rescale_velocities() {
  Rng rng(options_.seed, "md.thermostat", static_cast<std::uint64_t>(state_.step));
  double const mean = 0.5 * freedom_ * boltzmann_eV_per_K * options_.temperature;
  double const wanted =
      detail::rescaled_kinetic_energy(kinetic_, mean, freedom_, options_.timestep_ps, options_.thermostat_ps, rng);
  if (kinetic_ <= 0.0) return;
  state_.velocities *= std::sqrt(wanted / kinetic_);
  state_.heat += wanted - kinetic_;
  measure_kinetic();
}

void Dynamics::half_step_of_chains() {
  double const scale = detail::advance_chain({state_.chain_position, state_.chain_velocity}, kinetic_,
                                             boltzmann_eV_per_K * options_.temperature, freedom_, options_.timestep_ps,
                                             options_.thermostat_ps);
  state_.velocities *= scale;
  measure_kinetic();
}

/// Change of the logarithm of the volume in this step. With noise ∝ V^-1/2 the drift due to the change of the noise and
/// that of the phase space cancel, so that the pressure difference alone stands here.
double Dynamics::cell_strain() const {
  Rng rng(options_.seed, "md.barostat", static_cast<std::uint64_t>(state_.step));
  double const volume = state_.crystal.volume(), rate = options_.compressibility / options_.barostat_ps;
  Eigen::Matrix3d const tensor = pressure();
  Eigen::Vector3d const normal = plane_normal(state_.crystal.lattice);
  double const internal = options_.barostat == Barostat::normal ? normal.dot(tensor * normal) : tensor.trace() / 3.0;
  double const noise = 2.0 * boltzmann_eV_per_K * options_.temperature * rate * options_.timestep_ps / volume;
  double const change = rate * options_.timestep_ps * (internal - options_.pressure) + std::sqrt(noise) * rng.normal();
  constexpr double largest = 0.01;  // of a single step: a start far from equilibrium must not tear the cell
  return std::clamp(change, -largest, largest);
}

/// Positions follow the cell, velocities go the other way.
void Dynamics::scale_cell(double strain) {
  Eigen::Matrix3d grow = Eigen::Matrix3d::Identity();
  if (options_.barostat == Barostat::normal) {
    Eigen::Vector3d const normal = plane_normal(state_.crystal.lattice);
    grow += (std::exp(strain) - 1.0) * normal * normal.transpose();
  } else {
    grow *= std::exp(strain / 3.0);
  }
  Eigen::Matrix3d const shrink = grow.inverse();
  state_.crystal.lattice = grow * state_.crystal.lattice;
  state_.crystal.positions = grow * state_.crystal.positions;
  state_.velocities = shrink * state_.velocities;
}

double Dynamics::temperature() const { return 2.0 * kinetic_ / (freedom_ * boltzmann_eV_per_K); }

double Dynamics::conserved() const {
  double const energy = evaluation_.energy + kinetic_ - state_.heat;
  if (options_.ensemble != Ensemble::nhc) return energy;
  return energy + detail::chain_energy(state_.chain_position, state_.chain_velocity,
                                       boltzmann_eV_per_K * options_.temperature, freedom_, options_.thermostat_ps);
}

Eigen::Matrix3d Dynamics::pressure() const {
  if (!evaluation_.stress) return Eigen::Matrix3d::Zero();
  Eigen::Matrix3d motion = Eigen::Matrix3d::Zero();
  for (Eigen::Index i = 0; i < masses_.size(); ++i)
    motion += masses_[i] * state_.velocities.col(i) * state_.velocities.col(i).transpose();
  return kinetic_unit_eV / state_.crystal.volume() * motion - *evaluation_.stress;
}

std::string what_is_wrong(Dynamics const& dynamics, DynamicsGuard const& guard) {
  auto const& state = dynamics.state();
  double const temperature = dynamics.temperature(), asked = dynamics.options().temperature;
  if (!std::isfinite(temperature) || !std::isfinite(dynamics.potential_energy()))
    return concat("not_finite: energy or temperature at step ", state.step, "; shorten the time step");
  if (temperature > guard.hottest * asked + 1000.0)
    return concat("blown_up: ", significant(temperature, 4), " K at step ", state.step, " (", asked,
                  " K asked for); shorten the time step or relax the structure first");
  double fastest = 0.0;
  for (Eigen::Index i = 0; i < state.velocities.cols(); ++i)
    fastest = std::max(fastest, state.velocities.col(i).norm());
  double const length = fastest * dynamics.options().timestep_ps;
  if (length > guard.fastest_A)
    return concat("atoms_too_fast: ", significant(length, 3), " A in step ", state.step,
                  "; shorten the time step or relax the structure first");
  return {};
}

}  // namespace nacre
