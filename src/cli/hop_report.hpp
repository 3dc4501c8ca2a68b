/// Hops as JSON and in words.
#pragma once

#include <memory>
#include <string>

#include "hop_options.hpp"
#include "nacre/core/value.hpp"
#include "nacre/transport/hop_analysis.hpp"

namespace nacre {

struct HopReport {
  HopSubject subject;
  HopAnalysis analysis;
  std::unique_ptr<HopEnergies> energies;  ///< null if the subject is refused
};

Value to_value(HopReport const& report, Potential const& model);
std::string to_text(HopReport const& report);

}  // namespace nacre
