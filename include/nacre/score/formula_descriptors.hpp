/// Numbers that describe a chemical formula by its elements, before any structure is known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/formula.hpp"

namespace nacre {

/// Of one formula: means over the atoms, and values of its most electronegative element ("anion") and of its least
/// ("cation"; of a single element both are the same). Radii [Å], masses [u], electronegativities on Pauling's scale.
NACRE_API std::vector<std::string> const& formula_descriptor_names();
/// In that order; NaN where an element has no tabulated value.
NACRE_API std::vector<double> formula_descriptors(std::string_view formula);

/// The parts of "SnS-ZnBr2" (or with '/' or '|' between).
NACRE_API std::vector<std::string> formula_parts(std::string_view text);
/// Mean over the parts of each descriptor, then its spread (largest less smallest), so that the order of the parts does
/// not matter.
NACRE_API std::vector<double> stack_descriptors(std::string_view text);
NACRE_API std::vector<std::string> stack_descriptor_names();

}  // namespace nacre
