/// Families of candidates: what the completeness ledger and the corrections by labels group by. Internal to campaign.
#pragma once

#include <string>

#include "nacre/campaign/outcome.hpp"

namespace nacre::detail {

struct Family {
  std::string pair;     ///< "Si(001) | Ge(001)": materials and planes
  std::string contact;  ///< with terminations
  bool operator==(Family const&) const = default;
};
/// Both "all" in a space without stacks.
Family family_of(std::vector<Choice> const& choices);

}  // namespace nacre::detail
