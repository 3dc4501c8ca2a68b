/// The atomic planes of one repeat with their members, shared by slabs and contacts.
#pragma once

#include <vector>

#include "nacre/stack/plane.hpp"

namespace nacre::detail {

/// An atom of the primitive cell moved up or down by whole repeats.
struct Member {
  int atom;
  double height;  ///< in repeats
  double level;   ///< height that decides its plane: that of its group, where groups stay whole
};

/// The planes of one repeat, upward, the lowest at a mean height in [0, 1) repeats.
struct Repeat {
  std::vector<std::vector<Member>> planes;
  std::vector<double> heights;  ///< mean, in repeats
  int size() const { return static_cast<int>(planes.size()); }
  /// Mean height of plane `index`, which may lie outside [0, size): whole repeats further [repeats].
  double height(int index) const;
};

Repeat find_repeat(PlaneLattice const& plane);

/// The plane in [0, size) that lies, modulo the repeat, where an operation brings plane `index`.
int image_of_plane(Repeat const& repeat, int index, SymmetryOperation const& operation);

/// The lowest cut of the class of cut `first` under the operations that keep the normal: the cut that is listed.
int representative(Repeat const& repeat, int first, PlaneLattice const& plane);
inline bool is_representative(Repeat const& repeat, int first, PlaneLattice const& plane) {
  return representative(repeat, first, plane) == first;
}

}  // namespace nacre::detail
