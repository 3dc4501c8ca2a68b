/// The design of greatest promise: many candidates, then local search over numbers and choices in turn.
#pragma once

#include <functional>
#include <vector>

#include "judge.hpp"

namespace nacre::detail {

struct Scored {
  Path path;
  double score = 0.0;
};

struct MaximiseOptions {
  int level = 0;  ///< tier that is drawn
  int candidates = 500;
  int refined = 5;                  ///< of them the best so many are improved
  int evaluations = 40;             ///< of the slope, in each improvement
  double radius = 1.0;              ///< below 1: only this far from good designs, in units of each range
  Eigen::Index local_points = 256;  ///< observations that an improvement uses
  bool anywhere = false;            ///< candidates from the whole space, not improved
  std::function<bool(Design const&)> known = [](Design const&) { return false; };  ///< designs that are passed by
};

/// By falling score, designs that differ and are not known.
std::vector<Scored> maximise(Space const& space, History const& history, Prospect const& prospect,
                             MaximiseOptions const& options, Rng& rng);

/// The same candidates by falling promise in one draw of the functions that the objectives may be; not improved. What
/// is known of constraints, failures and work counts as usual.
/// @param judge made with the aim `drawn`
std::vector<Scored> maximise_draw(Space const& space, History const& history, Surrogate const& surrogate,
                                  Judge const& judge, MaximiseOptions const& options, Rng& rng);

}  // namespace nacre::detail
