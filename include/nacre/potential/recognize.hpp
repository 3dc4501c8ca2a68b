/// A stack of two layers from atoms and layer numbers alone: what each layer is a slab of, on which cell, and which of
/// its planes face the other one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

/// A layer's crystal is read off its middle: the shortest translation upward that carries the layer into itself, and
/// the in-plane translations that do; its third vector and atoms are then relaxed in the model.
struct NACRE_API RecognizedStack {
  Stack stack;                ///< the atoms as given, heights not wrapped, layer 1 below layer 2; one contact
  std::array<Slab, 2> slabs;  ///< of the strained bulks, so that layers differ from them by a turn only
  std::string failure;  ///< empty, or why a layer is no slab of a crystal; then only the stack's atoms, layers, cell
                        ///< and area are set
};
/// @param layer per atom, 1 or 2. @throws InputError for other numbers, an empty layer, or vectors out of the plane
NACRE_API RecognizedStack recognize_stack(Crystal const& crystal, std::vector<int> const& layer,
                                          Potential const& potential);

/// What one layer shows of its crystal, without a model.
struct LayerCrystal {
  Crystal repeat;              ///< one repeat from the middle, the layer's in-plane cell, as it is in the layer
  std::vector<double> height;  ///< per atom of the layer, where the crystal would have it [Å]
};
/// @param layer alone, its first two vectors in the xy plane, heights in one piece (layer_alone of layering.hpp)
/// @return nothing for a layer of less than two repeats, or one that is no crystal in its middle
NACRE_API std::optional<LayerCrystal> find_layer_crystal(Crystal const& layer);

}  // namespace nacre
