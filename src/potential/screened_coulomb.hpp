/// How nuclei repel each other through their electrons: the universal screened Coulomb energy of J. F. Ziegler,
/// J. P. Biersack and U. Littmark (The Stopping and Range of Ions in Solids, 1985).
#pragma once

#include "pair_kernel.hpp"

namespace nacre::detail {

/// Of two atoms.
struct ScreenedCoulomb {
  double strength = 0.0;  ///< k Z1 Z2 [eV Å]
  double length = 1.0;    ///< screening length [Å]
  PairValue at(double r) const;
};
ScreenedCoulomb screened_coulomb(int first_number, int second_number);

}  // namespace nacre::detail
