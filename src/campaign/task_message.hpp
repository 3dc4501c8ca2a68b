/// Tasks as bytes, and back. Internal to campaign.
#pragma once

#include "nacre/campaign/evaluate.hpp"
#include "nacre/core/value.hpp"

namespace nacre::detail {

Value to_value(Design const& design);
Design design_from(Value const& value);
/// @throws Error for damaged bytes
EvaluationTask evaluation_task(std::string const& payload);
JobTask job_task(std::string const& payload);

}  // namespace nacre::detail
