/// Lattice planes and their exact primitive in-plane lattices, by integer algebra on the primitive cell.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {

/// A plane (hkl) of a crystal and the frame that its slabs are built in.
struct NACRE_API PlaneLattice {
  Eigen::Vector3i miller;  ///< hkl, coprime, in the lattice of the crystal as given (the file's cell)
  Crystal primitive;       ///< primitive cell, in the orientation of the input
  Eigen::Matrix3i cell;    ///< columns: in-plane vectors a, b and the stacking vector c, integers in `primitive`
  Eigen::Matrix2d basis;   ///< a, b in the slab frame as columns [Å]: Gauss-reduced, right-handed, a along +x
  Eigen::Matrix3d frame;   ///< rows: unit vectors x, y, z (z = normal, along +hkl) of the slab frame in the crystal's
  double spacing = 0.0;    ///< c . z: height of one primitive repeat [Å]
  /// In-plane coordinates in `basis` of the point that slabs are built around: an axis, else a mirror of the
  /// half-crystal, so that its operations carry only half translations.
  Eigen::Vector2d origin = Eigen::Vector2d::Zero();
  /// Operations of the crystal that keep or turn over the normal, in coordinates of `cell` about `origin`.
  std::vector<SymmetryOperation> operations;
  double area() const { return basis(0, 0) * basis(1, 1) - basis(0, 1) * basis(1, 0); }  ///< [Å^2]
  /// Atoms of `primitive` in coordinates of `cell` about `origin`, one column per atom.
  Eigen::Matrix3Xd coordinates() const;
  /// In-plane part of the stacking vector in the slab frame [Å].
  Eigen::Vector2d stacking_offset() const;
  double tolerance_A = symmetry_tolerance_A;  ///< that the symmetry was found with
  /// Molecules and finite covalent groups (bonds.hpp) belong as a whole to the atomic plane at their mean height: cuts
  /// then go around them.
  bool whole_groups = false;
};

/// @param miller any integers, not all zero; reduced to coprime ones
/// @param tolerance_A of the symmetry search: positions that are symmetric to this count as symmetric
/// @throws InputError for (0 0 0)
NACRE_API PlaneLattice make_plane(Crystal const& crystal, Eigen::Vector3i const& miller,
                                  double tolerance_A = symmetry_tolerance_A);

/// "(001)"; "(1 -1 0)" where an index is negative or has two digits.
NACRE_API std::string plane_name(Eigen::Vector3i const& miller);

/// Planes that the point group (not the Laue group) makes equal: (hkl) and (-h-k-l) of a polar crystal stay apart.
struct NACRE_API PlaneFamily {
  Eigen::Vector3i miller;    ///< representative: smallest h^2 + k^2 + l^2; of equal ones (001), (110), (210)
  int multiplicity = 1;      ///< planes in the family, those beyond the limit on the indices included
  std::size_t opposite = 0;  ///< index in the list of the family of (-h-k-l), maybe itself
  double area = 0.0;         ///< primitive in-plane cell [Å^2]
  double spacing = 0.0;      ///< height of one primitive repeat [Å]
};

/// Every family that has a plane with |h|,|k|,|l| <= max_index (at most 50) in the lattice of the crystal as given,
/// whatever cell that is: the symmetry is that of the crystal, not of the cell. Ordered as representatives are chosen.
NACRE_API std::vector<PlaneFamily> find_plane_families(Crystal const& crystal, int max_index,
                                                       double tolerance_A = symmetry_tolerance_A);
/// Families that stay apart when (hkl) and (-h-k-l) count as one plane.
NACRE_API std::size_t count_laue_families(std::vector<PlaneFamily> const& families);
/// The representatives alone.
NACRE_API std::vector<Eigen::Vector3i> find_planes(Crystal const& crystal, int max_index);

/// An operation of a half-crystal: it keeps the normal and every height. Columns of coordinates in `basis` about
/// `origin`: x -> matrix x + half_shift/2.
struct LayerOperation {
  Eigen::Matrix2i matrix;
  Eigen::Vector2i half_shift;  ///< 0 or 1
};
NACRE_API std::vector<LayerOperation> layer_operations(PlaneLattice const& plane);

/// 2x2 integer matrices acting on columns of coordinates in `basis`: the in-plane parts of the crystal's operations
/// that keep the normal and the heights (rotations about it and mirrors containing it), i.e. the symmetry of a
/// half-crystal, glides included; screws along the normal, which exchange terminations, are not.
NACRE_API std::vector<Eigen::Matrix2i> layer_point_group(PlaneLattice const& plane);
/// All integer matrices that are isometries of a 2D lattice (holohedry).
/// @param tolerance largest change of a scalar product, relative to the longer vector's square
NACRE_API std::vector<Eigen::Matrix2i> lattice_holohedry(Eigen::Matrix2d const& basis, double tolerance = 2e-5);

}  // namespace nacre
