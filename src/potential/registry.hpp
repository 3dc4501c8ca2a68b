/// What a relaxed contact looks like: distance of the facing planes, shift, and a fingerprint of who touches whom.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "nacre/stack/stack.hpp"

namespace nacre::detail {

/// Atoms of the highest plane of layer 1 and of the lowest plane of layer 2, by the UNRELAXED stack's planes.
struct FacingPlanes {
  std::vector<Eigen::Index> lower, upper;
};
FacingPlanes facing_planes(Stack const& stack);

/// Mean z of the upper facing plane minus mean z of the lower one [Å].
double z_separation(FacingPlanes const& planes, Crystal const& relaxed);

/// The designed shift plus what layer 2 moved against layer 1 (means over all ions), in [0, 1) of the shift cell.
Eigen::Vector2d relaxed_shift(Stack const& stack, Crystal const& relaxed);

/// 1.5 x the largest sum of Shannon radii over the unlike ion pairs of the facing planes (of all planes, where the
/// facing ones hold ions of one sign only); 0 without charges [Å].
double bonding_limit(Stack const& stack, FacingPlanes const& planes);

/// Number of unlike neighbours across the contact, by elements: "Ce-O:3 O-Zr:3"; of all neighbours where nothing is
/// charged. A neighbour is nearer than the widest gap among the distances between 1.1 and 1.6 times the sum of radii, so
/// that small displacements change nothing.
std::string registry_fingerprint(Stack const& stack, Crystal const& relaxed);
/// Of both contacts of a superlattice, "Si-Ge:4 / Si-Ge:4": the same whichever of the two is called the first.
std::string superlattice_fingerprint(Stack const& stack, Crystal const& relaxed);

}  // namespace nacre::detail
