/// The starts of a contact's relaxation (definitions.md 3) and what they found.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nacre/potential/contact_energy.hpp"

namespace nacre::detail {

/// Start number k: shift k / gaps (0: as designed), gap k % gaps plus `widen`, always rattled; ten times as much where
/// both shift and gap are not the designed ones, since small rattles leave no basin of high symmetry. In a superlattice the
/// second contact gets a shift of its own and the same gap. Periodic in three directions, for cells with the slab
/// correction.
Crystal make_start(Stack const& stack, ContactOptions const& options, int k, double widen, StackGeometry geometry);

/// The lowest minimum of several starts.
struct Minima {
  Relaxation best;
  std::vector<double> energies;  ///< of every start that converged [eV]
  std::string failure;           ///< the first reason met while nothing has converged, or "cancelled"
  double work = 0.0;
  bool cancelled() const { return failure == "cancelled"; }

  void add(Relaxation relaxed);
  /// Relaxes make(0) .. make(count - 1), together where the model joins structures, else on several threads if asked: the
  /// batch is that of one contact, so the result depends neither on threads nor on what other ranks do.
  void add_starts(int count, int threads, std::function<Crystal(int)> const& make, Potential const& model,
                  RelaxOptions const& options);
  /// How far a deeper minimum may lie below the best of n starts [eV]: were the minima spread exponentially above the
  /// deepest, the best of n would lie their mean excess / n above it. One start says nothing about it: 0.
  double protocol_error() const;
  /// What the minimiser left, and rounding [eV]. Its own estimate misses soft directions: in trials at 5 to 10 meV/Å
  /// the rest was up to five times larger.
  double numerical_error() const;
};
inline constexpr double softness = 5.0;  ///< that factor

}  // namespace nacre::detail
