/// Lattice planes and their exact primitive in-plane lattices, by integer algebra on the primitive cell.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {

/// A plane (hkl) of a crystal and the frame that its slabs are built in.
struct NACRE_API PlaneLattice {
  Eigen::Vector3i miller;        ///< hkl, coprime, in the lattice of the crystal as given (the file's cell)
  Crystal primitive;             ///< primitive cell, in the orientation of the input
  Eigen::Matrix3i cell;          ///< columns: in-plane vectors a, b and the stacking vector c, integers in `primitive`
  Eigen::Matrix2d basis;         ///< a, b in the slab frame as columns [Å]: Gauss-reduced, right-handed, a along +x
  Eigen::Matrix3d frame;         ///< rows: unit vectors x, y, z (z = normal, along +hkl) of the slab frame in the crystal's
  double spacing = 0.0;          ///< c . z: height of one primitive repeat [Å]
  double area() const { return std::abs(basis.determinant()); }
};

/// @param miller any integers, not all zero; reduced to coprime ones
/// @throws InputError for (0 0 0)
NACRE_API PlaneLattice make_plane(Crystal const& crystal, Eigen::Vector3i const& miller);

/// One representative of each symmetry-distinct plane with |h|,|k|,|l| <= max_index, under the POINT group, so that
/// (hkl) and (-h-k-l) of a polar crystal stay apart.
NACRE_API std::vector<Eigen::Vector3i> find_planes(Crystal const& crystal, int max_index);

/// 2x2 integer matrices acting on columns of coordinates in `basis`: the in-plane parts of the crystal's operations that
/// keep the normal (rotations about it and mirrors containing it), i.e. the symmetry of a half-crystal, glides included.
NACRE_API std::vector<Eigen::Matrix2i> layer_point_group(PlaneLattice const& plane);
/// All integer matrices that are isometries of a 2D lattice (holohedry).
NACRE_API std::vector<Eigen::Matrix2i> lattice_holohedry(Eigen::Matrix2d const& basis, double tolerance = 1e-6);

}  // namespace nacre
