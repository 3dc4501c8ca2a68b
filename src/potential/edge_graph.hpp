/// The pairs of a structure as the Nequix engine wants them: by centre, in blocks, with harmonics and spline weights.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nequix_kernel.hpp"
#include "radial_table.hpp"

namespace nacre::detail {

/// The edges of a block beside what the kernel reads.
struct BlockEdges {
  int centre;
  int neighbour[edge_block];
  int interval[edge_block];  ///< of the radial grid
  double vector[edge_block][3];  ///< from the centre to the neighbour [Å]
};

struct EdgeGraph {
  std::vector<EdgeBlock> blocks;   ///< of one centre after the other; within one by increasing interval
  std::vector<BlockEdges> edges;   ///< of each block
  std::vector<int> first;          ///< first block of each atom, and one past the last block
  std::int64_t count = 0;          ///< directed pairs
};

/// @param core how near pairs are seen; null: as they are
/// @throws InputError if two atoms lie on each other
EdgeGraph make_graph(Crystal const& crystal, double cutoff, int threads, CoreBlend const* core);

/// A right-handed frame of unit vectors: the direction and two tangents, as columns.
Eigen::Matrix3d edge_frame(Eigen::Vector3d const& vector);

/// Real spherical harmonics of degrees 0 to 3 of a unit vector, |Y_l|^2 = 2l+1, polar axis y, degree 1 in the order x, y, z;
/// and their gradients as polynomials, by rows.
struct Harmonics {
  Eigen::Matrix<double, harmonics, 1> value;
  Eigen::Matrix<double, harmonics, 3> gradient;
};
Harmonics spherical_harmonics(Eigen::Vector3d const& unit);

}  // namespace nacre::detail
