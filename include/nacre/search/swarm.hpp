/// Engines: uniform random, and a particle swarm on the tree.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/search/problem.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

struct EngineOptions {
  std::string engine = "swarm";              ///< "random", "bo", "swarm" or "swarm+bo"; "pso" and "auto" are the swarm
  std::vector<Tier> tiers{Tier::potential};  ///< cheapest first; with two, moves are screened on the first
  int particles = 16;
  int screen = 8;           ///< designs in one descriptor-tier block
  double inertia = 0.7298;  ///< constriction of M. Clerc and J. Kennedy, IEEE Trans. Evol. Comput. 6, 58 (2002)
  double cognitive = 1.49618;
  double social = 1.49618;
  int stagnation = 10;    ///< results without improvement after which a particle is stuck. With one objective
                          ///< the swarm restarts when all particles are stuck, with several each by itself
  std::optional<std::int64_t> budget;  ///< points in all, if it is known
  double top_share = 0.1;              ///< of the proposals of "bo" with several tiers, at least so many on the last
  double optimism = 1.0;  ///< standard errors by which a prediction is taken for better than its mean
};

/// @throws InputError for an unknown engine, with a suggestion
NACRE_API std::unique_ptr<Proposer> make_proposer(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre
