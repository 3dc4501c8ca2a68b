/// Results of set-up tasks as text that reads back to the same bits. Internal to campaign.
#pragma once

#include <string>

#include "nacre/potential/contact_energy.hpp"
#include "stack_space.hpp"

namespace nacre::detail {

std::string to_text(BulkState const& bulk);
BulkState bulk_from(std::string const& text);
std::string to_text(SurfaceEnergy const& surface);
SurfaceEnergy surface_from(std::string const& text);
std::string to_text(Estimate const& estimate);
Estimate estimate_from(std::string const& text);
/// Integers alone: everything else follows from the two lattices.
std::string to_text(PairMatches const& found);
/// @param bottom,top in-plane bases of the two planes, columns [Å]
PairMatches matches_from(std::string const& text, Eigen::Matrix2d const& bottom, Eigen::Matrix2d const& top);

}  // namespace nacre::detail
