/// The same contact between thicker layers, for tests of convergence (definitions.md 3).
#pragma once

#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/recognize.hpp"

namespace nacre {

struct ThickerStack {
  Crystal crystal;
  std::vector<int> layer;  ///< per atom, as recognize_stack takes it
};

/// One more repeat in the middle of each layer: what lies above moves by the layer's stacking vector, so that both faces
/// of each layer and the registry stay. A slab keeps its vacuum.
/// @param found without a failure
NACRE_API ThickerStack thicken(RecognizedStack const& found, StackGeometry geometry);

}  // namespace nacre
