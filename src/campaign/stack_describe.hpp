/// Descriptors of a stack, computed from its design without building atoms (DESIGN.md tier descriptor). Internal.
#pragma once

#include <string>
#include <vector>

#include "nacre/score/candidate.hpp"
#include "stack_space.hpp"

namespace nacre::detail {

/// Appends name (with unit) -> value to `candidate`: strains, area, atoms, mismatch, elastic energy, plane charges,
/// broken bonds, surface energies, shift and gap. NaN where a value is not defined.
void describe_stack(Candidate& candidate, StackSpace const& space, StackLeaf const& leaf, Design const& design);

/// Cation-anion bonds (within 1.2 x the shortest) that the cut takes from one face, per area [1/Å^2]: what the atoms of a
/// slab lack against the crystal, both faces together, halved.
double broken_bonds(Slab const& slab);

/// What the predictor sees of them: finite numbers, each surface energy with a flag that it is known.
Eigen::VectorXd stack_features(Candidate const& candidate);
std::vector<std::string> stack_feature_names();

}  // namespace nacre::detail
