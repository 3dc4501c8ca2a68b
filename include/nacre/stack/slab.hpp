/// Slabs with a chosen termination: atomic planes, charges, stoichiometry, polarity.
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
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

/// A cut between two successive planes: a slab above it shows plane `first`, one below it the plane before. A slab of
/// whole repeats has the same cut on both sides.
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
  /// 1 neutral planes, 2 charged planes without dipole, 3 polar: |bound_charge| >= 1e-6 e/Å^2; 0 without oxidation
  /// states
  int tasker = 1;
  /// Index in the list of the cut that this one becomes when an operation turns the crystal over (this cut's upper face
  /// is the lower face of that one); nothing where no operation does.
  std::optional<int> turned_over;
  /// The slab that shows this cut's upper face on both sides is composed as the crystal; where the crystal cannot be
  /// turned over, the slab of whole repeats, which always is.
  bool stoichiometric = true;
  int broken_bonds =
      0;  ///< bonds of layers, molecules and covalent groups that it parts, per in-plane cell (bonds.hpp)
  bool polar() const { return tasker == 3; }
};

/// The atomic planes of one repeat, upward from z = 0.
NACRE_API std::vector<AtomicPlane> atomic_planes(PlaneLattice const& plane);

/// What to do where a crystal has no oxidation states: refuse, or list its cuts without charges (tasker 0).
enum class ChargeRule { required, if_known };

/// Every symmetry-distinct cut of the plane (cases.json n_unique_upper: operations that keep the normal), by `first`.
/// @throws InputError if the oxidation states do not add up to zero, or are missing where they are required
NACRE_API std::vector<Termination> find_terminations(PlaneLattice const& plane, ChargeRule rule = ChargeRule::required);

/// The cuts that part no bonds of layers, molecules and covalent groups; all of them where each one does, since then
/// the plane itself asks for it.
NACRE_API std::vector<Termination> whole_terminations(std::vector<Termination> const& terminations);

/// Cuts that stay apart when operations that turn the crystal over count too (cases.json n_unique_updown_merged).
NACRE_API int count_turned_classes(std::vector<Termination> const& terminations);

/// Atomic planes from one cut to another. Where both cuts are the same (or images under an operation that keeps the
/// normal) the slab is stoichiometric; else it need not be.
struct NACRE_API Slab {
  Crystal crystal;  ///< columns 0, 1: primitive in-plane cell in the xy plane; column 2: (0, 0, thickness)
  PlaneLattice plane;
  Termination termination;     ///< the cut below the slab: its lower face
  Termination upper;           ///< the cut above the slab: its upper face; `termination` for whole repeats
  int repeats = 1;             ///< whole repeats
  int extra_planes = 0;        ///< atomic planes above them, fewer than a repeat has
  double extra_height = 0.0;   ///< of those planes [Å]
  double repeat_height = 0.0;  ///< [Å]
  /// In-plane part of the stacking vector [Å]: the crystal goes on above the slab displaced by `levels` times this.
  Eigen::Vector2d stacking_offset = Eigen::Vector2d::Zero();
  int levels = 1;               ///< repeats that the plane above the slab lies above the one that the list has
  std::vector<int> atom_plane;  ///< per atom: index of its atomic plane, counted from the bottom of the slab
  /// From the lowest plane to the one that would come next [Å].
  double thickness() const { return repeats * repeat_height + extra_height; }
  /// From the lowest plane to the highest [Å].
  double span() const { return thickness() - upper.gap; }
  /// Where the crystal goes on above the slab [Å].
  Eigen::Vector2d next_offset() const { return levels * stacking_offset; }
  /// Primitive repeats that it has the atoms of: how often the bulk's energy is taken off a stoichiometric slab.
  double bulk_repeats() const {
    return static_cast<double>(crystal.size()) / static_cast<double>(plane.primitive.size());
  }
  bool polar() const { return termination.polar() || upper.polar(); }
  double charge() const;        ///< sum of formal charges per primitive in-plane cell [e]
  double dipole() const;        ///< sum of formal charge x height per primitive in-plane cell [e Å]
  bool stoichiometric() const;  ///< composed as the crystal is
};

/// Atoms ordered by plane from the bottom; mean height of the lowest plane at z = 0; in plane about `plane.origin`.
/// @param extra_planes above the whole repeats; there may then be none of these
NACRE_API Slab make_slab(PlaneLattice const& plane, Termination const& lower, int repeats, int extra_planes = 0);

/// Which slab, by the indices of its cuts in the list. Where an operation that keeps the normal carries the upper cut
/// through the repeat, the slab may end within one.
struct SlabRequest {
  int bottom = 0;                   ///< the slab lies above this cut ...
  int top = 0;                      ///< ... and below this one
  int repeats = 1;                  ///< whole repeats, and what is missing to the upper cut
  std::optional<double> thickness;  ///< instead: the thinnest slab at least so thick [Å], as Slab::thickness counts
};

/// @throws InputError for a cut that is not in the list, or a slab of more than a million atoms
NACRE_API Slab cut_slab(PlaneLattice const& plane, std::vector<Termination> const& list, SlabRequest const& request);

}  // namespace nacre
