/// Hops as JSON and in words.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "hop_options.hpp"
#include "nacre/core/value.hpp"
#include "nacre/transport/hop_analysis.hpp"

namespace nacre {

struct HopReport {
  HopSubject subject;
  HopAnalysis analysis;
  std::shared_ptr<HopEnergies> energies;  ///< null if the subject is refused
  std::optional<ContactHops> contact;     ///< of a stack
  std::string not_recognised;             ///< why the layers of a stack have no crystals; empty: they have
};

Value to_value(HopReport const& report, Potential const& model);
/// Heights of contacts, site energies by distance, comparison with the layers alone, and that in words.
/// @param model_share error of the model, of a barrier or site energy
Value contact_to_value(ContactHops const& contact, Crystal const& stack, double model_share);
/// Lowest energy near each contact, by layer.
Value segregation_to_value(ContactHops const& contact, double model_share);
std::string to_text(HopReport const& report, Potential const& model);

}  // namespace nacre
