/// Places where a test makes the process die, to show that nothing is lost there.
#pragma once

#include "nacre/core/api.hpp"

namespace nacre {

/// NACRE_DIE_AT=point:n kills this process (SIGKILL) when it comes to `point` for the n-th time. Points of a run:
/// after_store, in_snapshot, before_issue; of the queue of calculations: after_intent (before a job is handed to the
/// scheduler), after_submit (before its number is written down), after_label; of dynamics: md_checkpoint. Costs one comparison otherwise.
NACRE_API void failure_point(char const* point);

}  // namespace nacre
