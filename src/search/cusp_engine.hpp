/// Places the points of a function of one variable where it has cusps (nacre/search/cusps.hpp).
#pragma once

#include <memory>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

std::unique_ptr<Proposer> make_cusp_engine(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre::detail
