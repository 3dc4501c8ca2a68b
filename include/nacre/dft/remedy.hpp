/// What may be tried after a failure, by its class. Tolerances are never loosened; the same input is run again only where
/// the world around the code failed; a remedy that changes the physics marks the label.
#pragma once

#include <optional>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/dft/job.hpp"
#include "nacre/dft/result.hpp"

namespace nacre::dft {

struct Remedy {
  Job job;                       ///< what to submit next
  std::string description;       ///< for the log: "mixing 0.4 -> 0.32, start from the last density"
  bool changes_physics = false;
  bool needs_restart_files = false;  ///< copy `Deck::restart_files` of the failed attempt into the new folder
  double time_limit_factor = 1.0;    ///< ask for so much more time (the job's own limit has it already)
  double memory_factor = 1.0;        ///< and memory
};

/// @param failures how often jobs of this label have failed in this class so far, this one included: 1, 2, ...
/// @param last what the failed attempt left, if it could be read: a relaxation goes on from its last geometry
/// @return nothing where the budget of the class is used up or nothing can be done: the label is broken
NACRE_API std::optional<Remedy> remedy(Job const& job, Failure failure, int failures,
                                       Result const* last = nullptr);

/// Attempts that a class may cost beyond the first.
NACRE_API int retry_budget(Failure failure);

}  // namespace nacre::dft
