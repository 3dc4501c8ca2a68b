/// The graph that message-passing models see: every directed pair of atoms within the cutoff, images included.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre::mlip {

/// Ordered by (centre, neighbour, shift), so that sums over edges have one order.
struct Edges {
  Eigen::Matrix3Xd positions;  ///< of the atoms, moved into the cell along periodic directions [Å]
  std::vector<std::int64_t> centre, neighbour;
  Eigen::Matrix3Xd shifts;   ///< of the neighbour, in lattice vectors; whole numbers
  Eigen::Matrix3Xd vectors;  ///< from the centre to the shifted neighbour [Å]
  std::int64_t size() const { return static_cast<std::int64_t>(centre.size()); }
};

/// Both directions of every pair closer than `cutoff` [Å]; images along the periodic directions only.
Edges find_edges(Crystal const& crystal, double cutoff);

}  // namespace nacre::mlip
