/// Sampling a function of one angle that has cusps: energies of contacts over the twist fall steeply, with an infinite
/// slope, to special angles (W. T. Read and W. Shockley, Phys. Rev. 78, 275 (1950)), and are smooth between.
///
/// Everything counts in steps of the resolution. A first grid with the special places is refined in rounds: around
/// local minima, and where a value was not what a straight line between its neighbours had expected. If nothing asks
/// for that, the widest quarter of the intervals is halved, to see what was missed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct CuspOptions {
  std::int64_t steps = 360;           ///< of the resolution; places are 0 .. steps
  std::vector<std::int64_t> special;  ///< places that are always in the first round
  int first = 24;                     ///< intervals of the first grid
  double tolerance = 0.05;            ///< change that counts, in units of the range of the values
  int stable_rounds = 2;              ///< in a row, until it is done
};

/// What is known after some rounds.
struct CuspSurvey {
  std::vector<std::int64_t> cusps;   ///< places, increasing
  std::vector<std::int64_t> wanted;  ///< places of the round that is going on, increasing; empty: done
  int rounds = 0;                    ///< complete ones
  int stable = 0;                    ///< the latest of them with as many cusps as before and no change that counts
  double change = 0.0;               ///< largest of the latest round, in units of the range
};

/// @param values by place; nothing where an evaluation failed. Places that no round asks for are ignored
NACRE_API CuspSurvey survey_cusps(CuspOptions const& options,
                                  std::map<std::int64_t, std::optional<double>> const& values);

}  // namespace nacre
