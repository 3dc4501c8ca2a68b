/// Descriptors of a stack, computed from its design without building atoms (DESIGN.md tier descriptor). Internal.
#pragma once

#include <string>
#include <vector>

#include "nacre/score/candidate.hpp"
#include "nacre/score/contact_descriptors.hpp"
#include "stack_space.hpp"

namespace nacre::detail {

/// The contact of a leaf, for any shift and gap (score/contact_descriptors.hpp), surface energies included where known.
ContactDescription describe_leaf(StackSpace const& space, StackLeaf const& leaf);
/// Fills in the candidate's descriptors.
void describe_stack(Candidate& candidate, ContactDescription const& contact, Eigen::Vector2d const& shift, double gap);
/// What 1 % of strain changes in the surface energy of each layer, and with the strains of the coincidence in the values of
/// the contact (definitions.md 2): nothing where the contact is coherent, and the strain real.
void describe_strain_error(Candidate& candidate, LayerSlab const& bottom, LayerSlab const& top);

/// What the predictor sees of them: finite numbers, each surface energy with a flag that it is known.
Eigen::VectorXd stack_features(Candidate const& candidate);
std::vector<std::string> stack_feature_names();

/// The layers of a slab design with no vacuum between them: the second contact at the gap that the radii give.
/// @param bottom,top the design's own, or thicker ones
Stack without_vacuum(Stack const& stack, Slab const& bottom, Slab const& top, StackParts const& parts);

}  // namespace nacre::detail
