/// A material of the campaign as its file gives it, and as its bulk is in the model. Internal to campaign.
#pragma once

#include <optional>

#include "nacre/campaign/config.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::detail {

struct Material {
  MaterialConfig config;
  Crystal crystal;                ///< from the file, with oxidation states
  std::optional<BulkState> bulk;  ///< once it is relaxed
};

/// @throws InputError for a file without oxidation states that balance, an element that the potential does not know, or
///         a carrier on a site that the material does not have
Material read_material(CampaignConfig const& config, MaterialConfig const& wanted, Potential const& potential);

}  // namespace nacre::detail
