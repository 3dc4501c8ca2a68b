/// Bayesian optimisation on the tree: a model of all results, and the design that promises most by it.
#pragma once

#include <memory>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

std::unique_ptr<Proposer> make_bayes(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre::detail
