/// A flat list of variables with optional `when` conditions and known constraints, as SPACE.toml and a campaign with
/// [space] kind = "variables" write them (docs/space.md).
#pragma once

#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

/// @param variables the [[variable]] tables; @param constraints the [[constraint]] tables of kind "known", or null
/// @throws InputError with `origin` and the line
NACRE_API std::shared_ptr<Space const> make_variable_space(Value const& variables, Value const& constraints,
                                                           std::string const& origin);

}  // namespace nacre
