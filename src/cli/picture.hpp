/// A stack drawn as SVG: side and top view, atoms as circles by element, layers told apart by the colour of their rims.
#pragma once

#include <string>
#include <vector>

#include "nacre/stack/stack.hpp"

namespace nacre {

/// Same stack, same bytes. The cell is repeated until it is wide enough to see.
/// @param names of the layers, from the bottom
std::string stack_picture(Stack const& stack, std::vector<std::string> const& names);

}  // namespace nacre
