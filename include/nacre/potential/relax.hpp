/// Relaxation: FIRE (E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), doi:10.1103/PhysRevLett.97.170201; the 2.0
/// variant of J. Guenole et al., Comput. Mater. Sci. 175, 109584 (2020), doi:10.1016/j.commatsci.2020.109584).
#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Which parts of the cell move with the atoms.
enum class CellFreedom { fixed, third_vector, full };

struct RelaxOptions {
  double fmax = 1e-3;                 ///< largest force component-wise norm [eV/Å]
  double smax = 1e-5;                 ///< largest |stress| component of the free cell parts [eV/Å^3]
  int max_steps = 1000;
  double max_step = 0.1;              ///< largest displacement of an atom in one step [Å]
  CellFreedom cell = CellFreedom::fixed;
  std::vector<bool> frozen;           ///< per atom; empty: none
  std::vector<int> group;             ///< per atom; atoms of one non-negative group move as a rigid body (translations)
  std::function<bool()> cancelled;    ///< asked once a step
};

struct NACRE_API Relaxation {
  Crystal crystal;
  Evaluation evaluation;              ///< at the end
  bool converged = false;
  std::string reason;                 ///< "converged", or why it ended: "max_steps", "not_finite", "force_too_large",
                                      ///< "energy_fell_too_far", "atoms_too_close", "volume_runaway", "cancelled"
  int steps = 0;
  double fmax = 0.0;                  ///< [eV/Å]
  double work = 0.0;                  ///< edges summed over evaluations
};

/// A relaxation that broke is a reason, not an exception; its crystal is the last sane configuration.
NACRE_API Relaxation relax(Crystal const& crystal, Potential const& potential, RelaxOptions const& options = {});

}  // namespace nacre
