/// Molecular dynamics from a structure to numbers: the average cell, equilibration, production, analysis on the fly.
///
/// Stages (accepted practice for ionic conductors): with a pressure the cell of constant pressure, averaged over the
/// second half of that stage and then kept; equilibration at constant temperature; production in the ensemble asked
/// for. Frames of production go to the diffusion analysis as they come, so that no trajectory need be kept. A run that
/// has a checkpoint goes on from it to the same bits, wherever it was killed.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/potential/dynamics.hpp"
#include "nacre/transport/diffusion.hpp"

namespace nacre {

struct NACRE_API DynamicsPlan {
  DynamicsOptions production;          ///< its pressure is that of the first stage; its barostat must be none
  Barostat barostat = Barostat::none;  ///< of the first stage
  double cell_ps = 20.0;               ///< length of the first stage, where there is a barostat
  double equilibration_ps = 10.0;
  double production_ps = 0.0;
  double frame_ps = 0.1;                       ///< between frames; rounded to whole time steps
  int mobile = 0;                              ///< atomic number of the ions that may wander; 0: none may
  std::vector<int> layer;                      ///< of each atom, for messages; empty where there are none
  std::optional<Eigen::Matrix3Xd> velocities;  ///< to start with [Å/ps]; else thermal ones
  std::optional<DiffusionOptions> diffusion;
  std::size_t memory_limit = std::size_t{256} << 20;  ///< bytes of paths in memory
  std::filesystem::path trajectory;                   ///< frames of production, extxyz; empty: not kept
  std::filesystem::path checkpoint;  ///< empty: none. Beside it lies NAME.frames with what the analysis needs
  double checkpoint_s = 30.0;        ///< of elapsed time between checkpoints; changes no result
  std::function<bool()> stop;        ///< asked at every frame; true: a checkpoint, then Stopped is thrown
  std::function<void(std::string const& stage, double done_ps, double total_ps)> progress;  ///< called now and then
};

/// Mean over production with its error from ten blocks.
struct BlockMean {
  double value = 0.0, error = 0.0;
};

struct NACRE_API DynamicsRun {
  Status status = Status::failed;     ///< ok: all stages ran and the framework held
  std::string reason;                 ///< a code first: blown_up, atoms_too_close, energy_drift, melted, ...
  std::string stage;                  ///< where it ended
  double production_ps = 0.0;         ///< what was run of it
  std::int64_t steps = 0;             ///< of all stages
  BlockMean temperature;              ///< [K]
  BlockMean potential;                ///< [eV] for the cell
  std::array<BlockMean, 6> pressure;  ///< xx yy zz yz xz xy, + = compression [eV/Å^3]
  bool has_pressure = false;
  double drift = 0.0, drift_error = 0.0;  ///< of the conserved energy [eV/atom/ns]
  bool resumed = false;
  DynamicsState state;  ///< at the end
  std::optional<DiffusionResult> diffusion;
  double work = 0.0;               ///< edges of all evaluations
  std::vector<std::string> flags;  ///< what to mind though it is ok: stressed_in_plane
};

/// @throws InputError for a plan that makes no sense, a model that does not cover the structure, or a checkpoint of
/// another run; Stopped when `plan.stop` says so
NACRE_API DynamicsRun run_dynamics(Crystal const& start, std::shared_ptr<Potential const> potential,
                                   DynamicsPlan const& plan);
/// After its results are safe.
NACRE_API void remove_checkpoint(std::filesystem::path const& checkpoint);

/// Lithium, sodium, else oxygen; 0 if it has none of them.
NACRE_API int mobile_species_of(Crystal const& crystal);

}  // namespace nacre
