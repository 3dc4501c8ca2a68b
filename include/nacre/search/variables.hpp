/// A flat list of variables with optional `when` conditions and known constraints, as SPACE.toml and a campaign with
/// [space] kind = "variables" write them (docs/space.md).
#pragma once

#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

class NACRE_API VariableSpace : public Space {
 public:
  ~VariableSpace() override;
  /// The design as its author reads it: {"x": 0.3, "phase": "rutile", "shift": [0.1, 0.7], "mix": {"Y": 2, "Zr": 6}};
  /// inactive variables are absent.
  virtual Value point(Design const& design) const = 0;
};

/// Keys of a variable: name, kind, when, and by kind choices and descriptors (categorical), values (ordered), range,
/// log and step (real; default 2^-44 of the range), cell (torus, vectors as rows), species and total (composition).
/// Keys of a known constraint: name, kind, expression. The expression must hold, or, if it is a number, be <= 0; one
/// that speaks of absent variables holds, a `when` that does is false.
/// @param variables the [[variable]] tables; @param constraints the [[constraint]] tables of kind "known", or null
/// @throws InputError with `origin` and the line
NACRE_API std::shared_ptr<VariableSpace const> make_variable_space(Value const& variables, Value const& constraints,
                                                                   std::string const& origin);

/// @throws InputError naming `origin`, the line and a suggestion if the table has a key that is not known
NACRE_API void check_keys(Value const& table, std::initializer_list<std::string_view> known, std::string const& what,
                          std::string const& origin);

}  // namespace nacre
