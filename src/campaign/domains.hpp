/// The two domains and what they share. Internal to campaign.
#pragma once

#include <memory>
#include <vector>

#include "nacre/campaign/domain.hpp"

namespace nacre::detail {

std::unique_ptr<Domain> make_variables_domain(CampaignConfig const& config);
std::unique_ptr<Domain> make_stacks_domain(CampaignConfig const& config);

/// The answers of a design in words.
std::vector<Choice> choices_along(Space const& space, Design const& design);
/// Hash of the answers that are not real numbers or shifts.
Hash128 discrete_part(Space const& space, Design const& design);

}  // namespace nacre::detail
