/// The state of the engines as bytes.
#pragma once

#include <string>
#include <vector>

#include "move.hpp"
#include "tiered.hpp"

namespace nacre::detail {

struct SwarmState {
  std::vector<Particle> particles;
  std::int32_t turn = 0;  ///< the particle that moves next, if it can
  double local_due = 0.0;  ///< moves of the local phase that are due
  Design leaf;  ///< a design in the leaf of the local phase; empty if there is none
};

struct SavedState {
  TieredState tiered;
  SwarmState swarm;  ///< empty for the random engine
  std::vector<FreshDesigns::Cursor> cursors;
  std::string local;  ///< of the local phase, if there is one
};

std::string save_state(SavedState const& state);
/// @throws Error if the bytes are not such a state
SavedState load_state(std::string const& bytes);

}  // namespace nacre::detail
