/// Pairs of atoms within a cutoff, for cells of any shape and size, in time that grows with the number of atoms.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct Neighbor {
  int first, second;
  Eigen::Vector3i shift;   ///< vector = x_second + lattice * shift - x_first, positions as given
  Eigen::Vector3d vector;  ///< [Å]
};

enum class PairKind {
  directed,  ///< every pair from both ends: a,b,shift and b,a,-shift
  half,      ///< once: first < second, or first = second and the first non-zero component of the shift positive
};

/// Pairs closer than `cutoff` [Å], an atom and its own images among them, ordered by (first, second, shift).
/// @throws InputError unless the cutoff is positive and the positions are finite
NACRE_API std::vector<Neighbor> find_neighbors(Crystal const& crystal, double cutoff,
                                               PairKind kind = PairKind::directed);

}  // namespace nacre
