/// Cations that a crystal holds in two charge states: electrons may then hop between them as polarons, which no
/// fixed-charge model sees (definitions.md 4).
#pragma once

#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct MixedValence {
  std::string element;
  double mean = 0.0;           ///< charge that neutrality asks for, or that of the oxidation states given [e]
  int lower = 0, higher = 0;   ///< the charge states around it [e]
  bool given = false;          ///< said by the crystal's oxidation states, not worked out from the composition
};

/// Empty where one charge for each element (data/oxidation_states.json) makes the crystal neutral, or where nothing
/// that is known does. With oxidation states, those that differ within an element or are no integers; else every metal
/// that makes the crystal neutral by two of its charge states while all others keep a common one; of several those
/// whose two states are both common ones.
NACRE_API std::vector<MixedValence> find_mixed_valence(Crystal const& crystal);

/// "mixed valence: Fe has charge 2.5 on average, between Fe2+ and Fe3+ ..."; empty for none.
NACRE_API std::string mixed_valence_warning(Crystal const& crystal);

}  // namespace nacre
