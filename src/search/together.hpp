/// The swarm and Bayesian optimisation on one archive and one budget.
#pragma once

#include <memory>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// Who proposes next is drawn with the share of the latest results of each that were a gain, so that neither is
/// forgotten; the reason of each proposal names the shares.
std::unique_ptr<Proposer> make_together(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre::detail
