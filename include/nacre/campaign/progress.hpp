/// The line that `nacre run` shows while it searches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/search/problem.hpp"

namespace nacre {

struct Progress {
  std::int64_t proposed = 0, budget = 0;
  struct Count {
    Tier tier = Tier::potential;
    std::int64_t done = 0, failed = 0;  ///< designs
  };
  std::vector<Count> tiers;
  std::vector<std::string> best;      ///< "work_of_adhesion 1.234 J/m^2", one for each objective
  std::optional<double> hypervolume;  ///< in the units of the objectives
  int busy = 0, workers = 0;          ///< ranks
  std::optional<double> seconds_left;
};

/// "120/400 proposals, 72 screened, 48 evaluated (2 failed), best f 0.4012 eV, 3 of 4 ranks busy, 2 min left"
NACRE_API std::string progress_line(Progress const& progress);
/// "45 s", "3 min", "2 h 10 min", "3 d 4 h"
NACRE_API std::string duration_words(double seconds);
/// The best value of each objective among the feasible designs that nothing dominates.
NACRE_API std::vector<std::string> best_words(Problem const& problem, std::vector<Observation const*> const& front);
/// What the front dominates below the references of the objectives; nothing unless there are several objectives and all
/// have one.
NACRE_API std::optional<double> hypervolume_of(Problem const& problem, std::vector<Observation const*> const& front);

}  // namespace nacre
