/// What `nacre md` prints.
#pragma once

#include <string>

#include "nacre/core/value.hpp"
#include "nacre/transport/dynamics_run.hpp"

namespace nacre {

Value dynamics_to_value(DynamicsRun const& run, DynamicsPlan const& plan, Potential const& model);
std::string dynamics_to_text(DynamicsRun const& run, DynamicsPlan const& plan);

}  // namespace nacre
