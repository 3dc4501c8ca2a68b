/// Bayesian optimisation first, then the swarm.
#pragma once

#include <memory>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// Where nobody says how many evaluations there will be: the model makes most of the first ones, and costs some
/// milliseconds for each; the swarm goes on from what was found, at microseconds for each.
std::unique_ptr<Proposer> make_succession(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre::detail
