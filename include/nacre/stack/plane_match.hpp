/// Matches of two planes of crystals: lattices, symmetry and atoms of the real layers, and which pairs of planes there
/// are.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/stack/coincidence.hpp"
#include "nacre/stack/plane.hpp"

namespace nacre {

/// What makes two matches one class: operations of the half-crystals (and, for two layers of one material on one plane,
/// turning the stack over), or those of the bare lattices.
enum class MatchSymmetry { layer, lattice };

/// @param options its atoms and turns are filled in here
/// @param film_repeats,substrate_repeats thickness that atoms are counted for
/// @throws InputError as search_coincidences, and for repeats that are not positive
NACRE_API CoincidenceList match_planes(PlaneLattice const& film, PlaneLattice const& substrate, MatchSymmetry symmetry,
                                       CoincidenceOptions options = {}, int film_repeats = 1,
                                       int substrate_repeats = 1);

/// The groups that match_planes counts classes with.
NACRE_API std::vector<Eigen::Matrix2i> match_group(PlaneLattice const& plane, MatchSymmetry symmetry);

/// In-plane parts (columns of coordinates in `basis`) of the operations that turn the layer over and lead from listed
/// terminations to listed ones; with them (film, substrate) and the stack turned over are the same on both planes.
NACRE_API std::vector<Eigen::Matrix2i> layer_turns(PlaneLattice const& plane);

/// The half-crystal differs from its mirror image: no mirror or glide contains the normal. Then +twist and -twist are
/// two classes.
NACRE_API bool is_handed(PlaneLattice const& plane);

/// Planes whose half-crystals face each other, in coordinates of the crystals given.
struct PlanePair {
  Eigen::Vector3i film, substrate;
};

/// Every pair of symmetry-distinct planes up to an index. Where both are handed, the other hand of one of them comes,
/// too, since no twist leads to it; what is a mirror image of a stack listed already does not come again.
NACRE_API std::vector<PlanePair> plane_pairs(Crystal const& film, Crystal const& substrate, int max_index);

}  // namespace nacre
