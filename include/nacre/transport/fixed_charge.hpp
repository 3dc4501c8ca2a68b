/// What a model of fixed charges cannot know, and refuses by name (definitions.md 4).
#pragma once

#include <string>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Whether ions keep their charges in the model, whatever happens to them.
NACRE_API bool has_fixed_charges(Potential const& potential);

/// Why the crystal's bonds are none of the model's, a code first: a metal, hydroxyl or carbonate in a model of fixed
/// charges; empty: they are, or the model keeps no charges.
NACRE_API std::string bonding_refusal(Crystal const& crystal, Potential const& potential);

/// Why hops of `species` in the crystal are beyond a model of fixed charges, a code first; empty: they are not.
NACRE_API std::string fixed_charge_refusal(Crystal const& crystal, int species);

/// For any model: why neither the crystal nor the crystal with one carrier has balanced formal charges; empty: one has.
NACRE_API std::string charge_balance_refusal(Crystal const& crystal, int species);

}  // namespace nacre
