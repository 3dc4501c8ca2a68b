/// Slabs with a chosen termination: atomic planes, charges, stoichiometry, polarity.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/stack/plane.hpp"

namespace nacre {

/// Atoms of one primitive repeat at one height: successive heights closer than 0.05 Å belong to one plane.
struct NACRE_API AtomicPlane {
  double z = 0.0;                  ///< mean height above the lowest plane of the repeat [Å]
  std::map<int, int> composition;  ///< atomic number -> atoms per primitive in-plane cell
  double charge = 0.0;  ///< sum of formal charges per primitive in-plane cell [e]; 0 without oxidation states
  std::string label;    ///< "SrO", "O2": elements by electronegativity, counts per in-plane cell
};

/// A cut between two successive planes: the slab begins with plane `first` and is whole repeats thick, so it is
/// stoichiometric; its lower face shows plane `first`, its upper face the plane before it.
struct NACRE_API Termination {
  int index = 0;
  int first = 0;                 ///< index into the repeat's planes
  std::string lower, upper;      ///< labels of the faces
  double gap = 0.0;              ///< distance between the two planes that are parted [Å]
  double dipole_per_area = 0.0;  ///< sum q z over one repeat / area [e/Å]; zero: the repeat is dipole-free
  /// Bound sheet charge of the upper face, dipole_per_area / repeat height [e/Å^2]; the lower face has its negative
  /// (P. W. Tasker, J. Phys. C 12, 4977 (1979), doi:10.1088/0022-3719/12/22/036, and M. Stengel, Phys. Rev. B 84,
  /// 205432 (2011), doi:10.1103/PhysRevB.84.205432: the charge left when the half-crystal is filled with dipole-free
  /// repeats). LaAlO3 (001): half an electron per cell.
  double bound_charge = 0.0;
  int tasker = 1;  ///< 1 neutral planes, 2 charged planes without dipole, 3 polar: |bound_charge| >= 1e-6 e/Å^2
  bool polar() const { return tasker == 3; }
};

/// The atomic planes of one repeat, upward from z = 0.
NACRE_API std::vector<AtomicPlane> atomic_planes(PlaneLattice const& plane);

/// Every symmetry-distinct cut of the plane (cases.json n_unique_upper: operations that keep the normal), by `first`.
/// @throws InputError without oxidation states or if they do not add up to zero
NACRE_API std::vector<Termination> find_terminations(PlaneLattice const& plane);

struct NACRE_API Slab {
  Crystal crystal;  ///< columns 0, 1: primitive in-plane cell in the xy plane; column 2: (0, 0, thickness)
  PlaneLattice plane;
  Termination termination;
  int repeats = 1;
  double repeat_height = 0.0;  ///< [Å]
  /// In-plane part of the stacking vector [Å]: the crystal goes on above the slab displaced by repeats times this.
  Eigen::Vector2d stacking_offset = Eigen::Vector2d::Zero();
  std::vector<int> atom_plane;  ///< per atom: index of its atomic plane, counted from the bottom of the slab
  double thickness() const { return repeats * repeat_height; }
};

/// Atoms ordered by plane from the bottom; mean height of the lowest plane at z = 0; in plane about `plane.origin`.
NACRE_API Slab make_slab(PlaneLattice const& plane, Termination const& termination, int repeats);

}  // namespace nacre
