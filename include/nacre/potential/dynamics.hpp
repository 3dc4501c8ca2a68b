/// Molecular dynamics over any model: velocity Verlet, thermostats that leave diffusion alone, and a barostat.
///
/// Thermostats: stochastic velocity rescaling (G. Bussi, D. Donadio and M. Parrinello, J. Chem. Phys. 126, 014101
/// (2007), doi:10.1063/1.2408420), and Nose-Hoover chains (G. J. Martyna et al., Mol. Phys. 87, 1117 (1996),
/// doi:10.1080/00268979600100761). Barostat: stochastic cell rescaling (M. Bernetti and G. Bussi, J. Chem. Phys. 153,
/// 114107 (2020), doi:10.1063/5.0020514), of all directions alike or along the normal of the first two lattice vectors
/// alone; it samples the ensemble of constant pressure under either thermostat.
///
/// Time in ps, velocities in Å/ps, masses in u. The momentum of all atoms is zero at every step, positions are never
/// folded back into the cell, and random numbers are keyed by (seed, purpose, step), so that a run goes on with the
/// same bits from a DynamicsState alone.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

enum class Ensemble : std::uint8_t { nve, bussi, nhc };
NACRE_API std::string_view to_string(Ensemble ensemble);
/// @throws InputError with a suggestion for an unknown word
NACRE_API Ensemble ensemble_from(std::string_view word);

/// `normal`: the in-plane cell is fixed, the height of the stack follows the pressure along the normal.
enum class Barostat : std::uint8_t { none, isotropic, normal };
NACRE_API std::string_view to_string(Barostat barostat);

/// 1 u Å²/ps² [eV] (CODATA 2018).
inline constexpr double kinetic_unit_eV = 1.0364269656e-4;

struct NACRE_API DynamicsOptions {
  Ensemble ensemble = Ensemble::bussi;
  double temperature = 0.0;  ///< of the thermostat [K]
  double timestep_ps = 0.001;
  double thermostat_ps = 0.5;  ///< relaxation time; that of chains is usually 0.2
  Barostat barostat = Barostat::none;
  double pressure = 0.0;  ///< [eV/Å^3]
  double barostat_ps = 1.0;
  double compressibility = 0.8;  ///< a guess [Å^3/eV], 0.005/GPa; it scales the barostat's time alone
  std::uint64_t seed = 1;
};
/// @throws InputError for times or temperatures that make no sense, or a barostat without a thermostat
NACRE_API void check(DynamicsOptions const& options);

inline constexpr std::size_t chain_length = 3;

/// All that the next step depends on besides the model and the options.
struct NACRE_API DynamicsState {
  std::int64_t step = 0;
  Crystal crystal;                    ///< positions as the atoms went, through faces of the cell
  Eigen::Matrix3Xd velocities{3, 0};  ///< [Å/ps]
  std::array<double, chain_length> chain_position{}, chain_velocity{};
  double heat = 0.0;  ///< what the thermostat has given [eV]
};

/// Velocities of a thermal distribution without momentum, scaled to the temperature exactly.
NACRE_API DynamicsState thermal_start(Crystal crystal, double temperature, std::uint64_t seed);

/// Degrees of freedom: all but those of the centre of mass.
NACRE_API int degrees_of_freedom(Crystal const& crystal);
NACRE_API double kinetic_energy(DynamicsState const& state);             ///< [eV]
NACRE_API double instantaneous_temperature(DynamicsState const& state);  ///< [K]

class NACRE_API Dynamics {
 public:
  /// Evaluates the first forces. @throws InputError as the model does, or for options or a state that make no sense
  Dynamics(DynamicsState state, std::shared_ptr<Potential const> potential, DynamicsOptions const& options);
  ~Dynamics();

  /// @throws InputError from the model, for atoms that came too close to each other
  void step();

  DynamicsState const& state() const { return state_; }
  DynamicsOptions const& options() const { return options_; }
  double potential_energy() const { return evaluation_.energy; }  ///< [eV]
  double kinetic_energy() const { return kinetic_; }              ///< [eV]
  double temperature() const;                                     ///< [K]
  /// Constant but for the error of the time step: the energy less what the thermostat gave, or the chains' invariant
  /// [eV]. No invariant under a barostat.
  double conserved() const;
  /// From the virial and the motion, + = compression [eV/Å^3]; zero where the model has no stress.
  Eigen::Matrix3d pressure() const;
  Evaluation const& evaluation() const { return evaluation_; }
  std::int64_t edges() const { return edges_; }  ///< of all evaluations since the start of this object

 private:
  void kick();
  void drift();
  void evaluate();
  void rescale_velocities();
  void half_step_of_chains();
  double cell_strain() const;
  void scale_cell(double strain);
  void remove_momentum();
  void measure_kinetic();

  DynamicsState state_;
  std::shared_ptr<Potential const> potential_;
  DynamicsOptions options_;
  EvaluationState kept_;
  Evaluation evaluation_;
  Eigen::VectorXd masses_;   // [u]
  Eigen::RowVectorXd kick_;  // half a step over the mass, in units that turn eV/Å into Å/ps
  double total_mass_ = 0.0, kinetic_ = 0.0;
  int freedom_ = 0;
  std::int64_t edges_ = 0;
};

/// What a run must not do; each ends it with a status and a code instead of numbers.
struct NACRE_API DynamicsGuard {
  double hottest = 4.0;    ///< times the temperature asked for, plus 1000 K; a start that is not relaxed gets hotter
  double fastest_A = 0.4;  ///< largest step of an atom: beyond, the time step is too long or atoms overlap
};
/// Empty, or the code and the message of what is wrong now.
NACRE_API std::string what_is_wrong(Dynamics const& dynamics, DynamicsGuard const& guard = {});

}  // namespace nacre
