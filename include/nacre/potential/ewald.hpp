/// Electrostatics of point charges by the Ewald sum (P. P. Ewald, Ann. Phys. 369, 253 (1921),
/// doi:10.1002/andp.19213690304), conducting surroundings, exact complementary error function. The reciprocal part is
/// summed directly, or on a mesh (smooth particle-mesh Ewald) in time N log N.
///
/// Cells periodic in three directions; in the first two (the exact energy of a slab in empty space: a padded cell with
/// the correction below); or in none (bare 1/r). Charges must sum to zero, unless a
/// uniform background is asked for (cells without vacuum).
#pragma once

#include <Eigen/Core>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Both direct sums end where their Gaussians have fallen to this fraction, if no accuracy is asked for; the energy is
/// then right to about this fraction.
inline constexpr double ewald_accuracy = 1e-12;

struct EwaldOptions {
  PotentialOptions::Sum sum = PotentialOptions::Sum::direct;
  double accuracy = 0.0;  ///< see PotentialOptions
  double alpha = 0.0;     ///< splitting parameter of an exact direct sum [1/Å]; 0: the cheapest
  /// Adds 2 pi k M^2/V, M the dipole of the positions as given along the normal of the first two lattice vectors: the
  /// cell then stands for one slab in vacuum (I.-C. Yeh and M. L. Berkowitz, J. Chem. Phys. 111, 3155 (1999),
  /// doi:10.1063/1.479595). A slab with 6 Å or more
  /// of vacuum that the cell's border cuts is refused.
  bool slab_correction = false;
  bool background = false;  ///< see PotentialOptions
};

/// @throws InputError unless the accuracy is 0 or between 1e-11 and 0.01
NACRE_API void require_accuracy(double accuracy);

/// Energy, energies of atoms, forces and stress; `edges` is zero.
/// @param charges one per atom [e]
/// @throws InputError if the charges do not sum to zero, or the crystal is periodic in other directions
NACRE_API Evaluation ewald(Crystal const& crystal, Eigen::VectorXd const& charges, EwaldOptions const& options = {});

}  // namespace nacre
