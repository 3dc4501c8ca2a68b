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

/// Atoms of one primitive repeat at one height (within 0.05 Å).
struct AtomicPlane {
  double z = 0.0;                    ///< height above the lowest plane of the repeat [Å]
  std::map<int, int> composition;    ///< atomic number -> atoms per primitive in-plane cell
  double charge = 0.0;               ///< sum of formal charges per primitive in-plane cell [e]
  std::string label;                 ///< "SrO", "O2"
};

/// A cut between two successive planes: the slab begins with plane `first` and is whole repeats thick, so it is
/// stoichiometric; its lower face shows plane `first`, its upper face the plane before it.
struct NACRE_API Termination {
  int index = 0;
  int first = 0;                     ///< index into the repeat's planes
  std::string lower, upper;          ///< labels of the faces
  double gap = 0.0;                  ///< distance between the two planes that are parted [Å]
  double dipole_per_area = 0.0;      ///< sum q z over one repeat / area [e/Å]; zero: the repeat is dipole-free
  int tasker = 1;                    ///< 1 neutral planes, 2 charged planes without dipole, 3 polar
  bool polar() const { return tasker == 3; }
};

/// The atomic planes of one repeat, upward from z = 0.
NACRE_API std::vector<AtomicPlane> atomic_planes(PlaneLattice const& plane);

/// Every symmetry-distinct cut of the plane (cases.json n_unique_upper: operations that keep the normal).
/// The crystal needs oxidation states.
NACRE_API std::vector<Termination> find_terminations(PlaneLattice const& plane);

struct NACRE_API Slab {
  Crystal crystal;                   ///< columns 0, 1: primitive in-plane cell in the xy plane; column 2: (0, 0, thickness)
  PlaneLattice plane;
  Termination termination;
  int repeats = 1;
  double repeat_height = 0.0;        ///< [Å]
  Eigen::Vector2d stacking_offset = Eigen::Vector2d::Zero();  ///< in-plane part of the stacking vector [Å]
  std::vector<int> atom_plane;       ///< per atom: index of its atomic plane, counted from the bottom of the slab
  double thickness() const { return repeats * repeat_height; }
};

/// Atoms ordered by plane from the bottom; lowest plane at z = 0.
NACRE_API Slab make_slab(PlaneLattice const& plane, Termination const& termination, int repeats);

}  // namespace nacre
