/// Chemical formulas as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Symbols and amounts in the order written, each symbol once: "Ca(OH)2" is Ca 1, O 2, H 2.
using SymbolAmounts = std::vector<std::pair<std::string, double>>;
/// A symbol is a capital letter and small ones, whether or not there is such an element.
/// @throws InputError naming the formula if it cannot be read
NACRE_API SymbolAmounts parse_symbols(std::string_view formula);
/// The same with atomic numbers. @throws InputError also for a symbol that is no element
NACRE_API std::vector<std::pair<int, double>> parse_formula(std::string_view formula);

}  // namespace nacre
