/// Charge balance by oxidation states, which is checked before any model sees a material (definitions.md 4): a model
/// without charges gives an energy to a crystal whose electrons do not add up.
#pragma once

#include <string>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// @param origin names the material or file in the message
/// @throws InputError if the formal charges do not sum to zero within 1e-3 e; a crystal without any passes
NACRE_API void require_charge_balance(Crystal const& crystal, std::string const& origin);

/// Whether some choice of one charge state for each element (data/oxidation_states.json) makes the crystal neutral. True
/// for a crystal of one element, and where the data have no charge state of an element (noble gases): nothing is known then.
NACRE_API bool has_neutral_choice(Crystal const& crystal);

}  // namespace nacre
