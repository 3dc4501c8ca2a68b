/// What happens to a pair of ions at distances where its short-range formula no longer holds.
///
/// *Inner wall*: some sets replace the formula below a radius by B/r^n + D r^2. n and the radius are the published
/// ones; B and D are those that join with value and slope (the published ones, where they do not join by a misprint or
/// by rounding, would make a step).
///
/// *Core guard*: exp-6 pairs become attractive without bound where -C/r^6 or the Coulomb attraction overtakes the
/// exponential. Where such a pair's total force, on the way in, has its maximum and would fall, the universal screened
/// Coulomb repulsion of J. F. Ziegler, J. P. Biersack and U. Littmark (The Stopping and Range of Ions in Solids, 1985)
/// takes over, scaled and shifted to join with value and slope. Pairs that repel by themselves have no guard. Above its
/// radius (largest in the sets of data/potentials: 1.27 Å for a cation and oxygen, 1.70 Å for O-O, both in bks1990) the
/// guard is exactly zero.
#pragma once

#include "pair_kernel.hpp"
#include "screened_coulomb.hpp"

namespace nacre::detail {

struct InnerWall {
  double radius = 0.0;     ///< 0: none [Å]
  double exponent = 0.0;   ///< n
  double repulsion = 0.0;  ///< B [eV Å^n]
  double quadratic = 0.0;  ///< D [eV/Å^2]
};
/// B and D from value and slope of the pair's terms at the radius.
InnerWall join_inner_wall(PairTerms const& terms, double radius, double exponent);

struct CoreTerms {
  InnerWall wall;
  double guard_radius = 0.0;  ///< 0: none [Å]
  double guard_scale = 0.0;
  double guard_shift = 0.0;  ///< [eV]
  ScreenedCoulomb screened;

  double radius() const;  ///< nothing to add from here on [Å]
  /// What is added to the pair's own terms at r < radius(): energy [eV] and force [eV/Å].
  PairValue correction(PairTerms const& terms, double r) const;
};

/// Wall as given, and the guard if the total energy of the pair has a maximum on the way in.
CoreTerms make_core(PairTerms const& terms, InnerWall const& wall, int first_number, int second_number, bool guard);

}  // namespace nacre::detail
