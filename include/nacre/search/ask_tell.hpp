/// The ask/tell interface on two streams: `nacre optimize SPACE.toml`.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "nacre/core/api.hpp"

namespace nacre {

/// Reads one JSON request per line, answers on `out`; `resume` names a saved state, or is empty.
/// @throws InputError for a wrong SPACE.toml
NACRE_API void ask_tell(std::filesystem::path const& space, std::filesystem::path const& resume, std::istream& in,
                        std::ostream& out);

}  // namespace nacre
