/// Relaxation of atoms and cell to a local minimum: preconditioned L-BFGS (default) or FIRE 2.0.
///
/// L-BFGS: D. C. Liu and J. Nocedal, Math. Program. 45, 503 (1989), doi:10.1007/BF01589116, started from the "Exp"
/// preconditioner of D. Packwood et al., J. Chem. Phys. 144, 164109 (2016), doi:10.1063/1.4947024.
/// FIRE: E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), doi:10.1103/PhysRevLett.97.170201; the 2.0 variant of
/// J. Guenole et al., Comput. Mater. Sci. 175, 109584 (2020), doi:10.1016/j.commatsci.2020.109584.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Which parts of the cell move with the atoms. `c_length`: a, b and the direction of c stay; `third_vector`: a and b
/// stay, c goes anywhere; `full`: six strains.
enum class CellFreedom { fixed, c_length, third_vector, full };

/// Where atoms and rigid groups may go: anywhere, or along the normal of a and b only (gaps, corrugation).
enum class Motion { any, normal };

/// Whether each layer moves as a whole besides what its atoms do, as a coordinate of its own: not, along the normal of
/// a and b (the gap), or anywhere (the gap and the shift). The minima are the same; gaps and shifts, which are soft, are
/// found sooner.
enum class LayerShift { none, gap, free };

/// L-BFGS goes on with FIRE if its line search finds no descent (a rough energy surface).
enum class Minimizer { lbfgs, fire };
NACRE_API std::string_view to_string(Minimizer minimizer);
/// @throws InputError with a suggestion for an unknown word
NACRE_API Minimizer minimizer_from(std::string_view word);

/// What ends a relaxation as broken; each has a reason of its own.
struct RelaxGuard {
  double max_force = 1e4;         ///< "force_too_large" [eV/Å]
  double max_energy_fall = 20.0;  ///< "energy_fell_too_far", below the start [eV/atom]
  double min_distance = 0.6;      ///< "atoms_too_close" [Å]
  double max_volume_ratio = 2.0;  ///< "volume_runaway": V/V0 outside [1/ratio, ratio]
};

struct RelaxOptions {
  double fmax = 1e-3;     ///< largest norm of the force on an atom (on a group: of its net force) [eV/Å]
  double smax = 1e-5;     ///< largest |stress| component of the free cell parts [eV/Å^3]
  int max_steps = 1000;   ///< evaluations after the first
  double max_step = 0.1;  ///< largest displacement of an atom in one step [Å]
  CellFreedom cell = CellFreedom::fixed;
  Minimizer minimizer = Minimizer::lbfgs;
  RelaxGuard guard;
  std::vector<bool> frozen;         ///< per atom; empty: none. Frozen atoms keep their coordinates in a moving cell
  std::vector<int> group;           ///< per atom; atoms of one non-negative group move as a rigid body (translations)
  Motion motion = Motion::any;
  LayerShift layer_shift = LayerShift::none;
  std::vector<int> layer;           ///< per atom, for layer_shift; the smallest number is the layer that stays
  std::function<bool()> cancelled;  ///< asked once a step
};

struct NACRE_API Relaxation {
  Crystal crystal;
  Evaluation evaluation;  ///< at the end
  bool converged = false;
  std::string reason;         ///< "converged", or why it ended: "max_steps", "not_finite", "force_too_large",
                              ///< "energy_fell_too_far", "atoms_too_close", "volume_runaway", "cancelled", "out_of_range: ..."
                              ///< where the model trusts its own minimum no longer (Trust::stop), or
                              ///< "refused_by_model: ..." where the way led to what the model does not cover
  int steps = 0;              ///< evaluations after the first
  double fmax = 0.0;          ///< [eV/Å]
  double smax = 0.0;          ///< [eV/Å^3]; 0 with a fixed cell
  double energy_error = 0.0;  ///< what a further relaxation would gain, from forces and spring model [eV]
  double work = 0.0;          ///< edges summed over evaluations
};

/// A relaxation that broke is a reason, not an exception; its crystal is the last sane configuration.
/// @throws InputError for options that do not fit the crystal, and what the potential throws at the start
NACRE_API Relaxation relax(Crystal const& crystal, Potential const& potential, RelaxOptions const& options = {});

struct NACRE_API RelaxTask {
  Crystal crystal;
  RelaxOptions options;
};

/// Many structures. In a model that joins structures (Potential::batch_edges) every step is one evaluation of all that
/// still move, and each leaves as it converges or breaks; the way of a structure is that of `relax`, to the rounding that
/// the model states. In other models each is relaxed by itself, shared out among threads, with the bits of `relax`. A
/// structure that the model refuses has that as its reason.
/// @throws InputError for options that do not fit a structure
NACRE_API std::vector<Relaxation> relax_batch(std::span<RelaxTask const> tasks, Potential const& potential,
                                              int threads = 1);

}  // namespace nacre
