/// The portfolio as an engine of its own, for spaces of real numbers and shifts alone.
#pragma once

#include <memory>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// Every design has the same questions, all of them real or torus, and one of them at least has a choice.
bool is_box(Space const& space);
/// One objective, one tier. @param engine "auto" or "cmaes"
std::unique_ptr<Proposer> make_box_engine(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre::detail
