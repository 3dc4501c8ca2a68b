/// What a cut leaves of the bonds of a crystal, read off the crystal: no slab or stack is looked at.
#pragma once

#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/slab.hpp"

namespace nacre {

/// One face of a slab. Bonds are those of find_bonds (bonds.hpp).
struct FaceBonds {
  double parted_per_area = 0.0;    ///< bonds that the cut parts [1/Å^2]
  double bulk_coordination = 0.0;  ///< mean number of bonds of an atom of the facing plane in the crystal
  double coordination = 0.0;       ///< of these, those that the face leaves
};
NACRE_API FaceBonds face_bonds(Slab const& slab, bool upper);

/// The cut that is taken where none is asked for: it parts no bonds of layers or molecules, is not polar, and parts the
/// fewest other bonds; the first of several.
/// @return its index in the list
NACRE_API int usual_cut(PlaneLattice const& plane, std::vector<Termination> const& cuts);

}  // namespace nacre
