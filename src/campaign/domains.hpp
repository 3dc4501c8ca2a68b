/// The two domains and what they share. Internal to campaign.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "nacre/campaign/domain.hpp"
#include "nacre/potential/contact_energy.hpp"

namespace nacre::detail {

std::unique_ptr<Domain> make_variables_domain(CampaignConfig const& config);
/// @param potential null: what the settings say
std::unique_ptr<Domain> make_stacks_domain(CampaignConfig const& config, std::shared_ptr<Potential const> potential);

/// How a campaign relaxes a contact; `cancelled` may be empty.
ContactOptions contact_options(CampaignConfig const& config, std::function<bool()> cancelled);

/// The answers of a design in words.
std::vector<Choice> choices_along(Space const& space, Design const& design);

}  // namespace nacre::detail
