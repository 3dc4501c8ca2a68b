/// Which instruction set the hot kernels use. They do the same operations in the same order in each, so the choice
/// changes the time and not the result; it is named in the provenance all the same.
#pragma once

#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

enum class Isa { generic, avx2, avx512 };

NACRE_API std::string_view to_string(Isa isa);

/// The best that this processor has, or what NACRE_ISA=generic|avx2|avx512 asks for. Chosen once.
/// @throws InputError for another word in NACRE_ISA or an instruction set that the processor lacks
NACRE_API Isa selected_isa();

}  // namespace nacre
