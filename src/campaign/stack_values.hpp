/// Results of set-up tasks as text that reads back to the same bits. Internal to campaign.
#pragma once

#include <string>

#include "nacre/potential/contact_energy.hpp"

namespace nacre::detail {

std::string to_text(BulkState const& bulk);
BulkState bulk_from(std::string const& text);
std::string to_text(SurfaceEnergy const& surface);
SurfaceEnergy surface_from(std::string const& text);
std::string to_text(Estimate const& estimate);
Estimate estimate_from(std::string const& text);

}  // namespace nacre::detail
