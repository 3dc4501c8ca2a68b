/// The inner loops of the neighbour search and of lists of pairs, for each instruction set: the same results in the same
/// order.
#pragma once

#include <cstdint>

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// Images in flat arrays, and the place and range of an atom. In single precision: the range must leave room for it.
struct NeighborSearch {
  float x, y, z, limit;  ///< of the atom [Å]; squared range [Å^2]
  int floor;             ///< only images of a higher number are taken
  float const *xs, *ys, *zs;
  int const* numbers;
  int* found;  ///< has room for sixteen more than there are images
};

/// Writes the numbers of the near ones among images begin .. end - 1 behind the `count` that are there. @return their
/// number
using SearchRange = int (*)(NeighborSearch const& search, int begin, int end, int count);
SearchRange search_range(Isa isa);

/// The second atom of a pair, and the lattice vector that is added to its position.
struct PairEntry {
  int atom, shift;
};

/// Pairs of one atom. Vectors have four components, so that they load at once.
struct PairGeometry {
  int count;
  PairEntry const* entries;
  double const* center;  ///< x, y, z, 0 [Å]
  double const* atoms;   ///< of each atom, the same
  double const* shifts;  ///< of each lattice vector x, y, z, 1
  double limit;          ///< squared cutoff of what is counted [Å^2]
  double *vectors, *r2;  ///< out: from the center to the neighbour and 1; squared distances
  double nearest;        ///< out: smallest squared distance, at most what it was
  std::int64_t near;     ///< out: pairs below the limit are added to it
};
void measure_pairs(Isa isa, PairGeometry& pairs);

}  // namespace nacre::detail
