/// The inner loop of the neighbour search, for each instruction set: the same neighbours in the same order.
#pragma once

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// Candidates that lie in ranges of flat arrays, and where the neighbours among them go.
struct NeighborSearch {
  double x, y, z, limit;  ///< of the atom [Å]; squared cutoff [Å^2]
  int rank;               ///< only candidates of a higher rank are neighbours
  double const *xs, *ys, *zs;
  int const *ranks, *atoms, *shifts;
  double *dx, *dy, *dz, *r2;  ///< these have room for eight more than there are candidates
  int *atom, *shift;
};

/// Writes the neighbours among candidates begin .. end - 1 behind the `count` ones that are there. @return their number
using SearchRange = int (*)(NeighborSearch const& search, int begin, int end, int count);
SearchRange search_range(Isa isa);

}  // namespace nacre::detail
