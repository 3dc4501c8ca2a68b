/// Engines: uniform random, a particle swarm on the tree, Bayesian optimisation, a portfolio for real variables.
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

/// What "bo" asks for: the greatest expected gain, or the best point of a function drawn from its model (W. R. Thompson,
/// Biometrika 25, 285 (1933)), which spreads many points in flight by itself.
enum class Acquisition { gain, thompson };

/// Whom a particle follows: its two neighbours on a ring, four on a grid, or three drawn anew for each move.
enum class Topology { ring, von_neumann, random };

struct EngineOptions {
  std::string engine = "swarm";              ///< "random", "swarm" (or "pso"), "bo", "swarm+bo", "cmaes", "auto"
  std::vector<Tier> tiers{Tier::potential};  ///< cheapest first; with two, moves are screened on the first
  std::size_t objectives = 1;
  int particles = 16;
  int screen = 8;           ///< designs in one descriptor-tier block
  double inertia = 0.7298;  ///< constriction of M. Clerc and J. Kennedy, IEEE Trans. Evol. Comput. 6, 58 (2002)
  double cognitive = 1.49618;
  double social = 1.49618;
  int stagnation = 10;  ///< results without improvement after which a particle is stuck. With one objective
                        ///< the swarm restarts when all particles are stuck, with several each by itself
  Topology topology = Topology::ring;
  bool adapt = false;                  ///< each particle tries other coefficients and keeps what led to a better result
  double local_share = 0.0;            ///< of the moves, one objective: the portfolio in the leaf of the best result
  double hops = 0.0;                   ///< of the swarm's moves in a space of many leaves: few answers of the best result
  std::optional<std::int64_t> budget;  ///< points in all, if it is known
  double top_share = 0.1;              ///< of the proposals of "bo" with several tiers, at least so many on the last
  Acquisition acquisition = Acquisition::gain;
  double optimism = 1.0;               ///< standard errors by which a prediction is taken for better than its mean
};

/// @throws InputError for an unknown engine, with a suggestion
NACRE_API std::unique_ptr<Proposer> make_proposer(std::shared_ptr<Space const> space, EngineOptions const& options);

}  // namespace nacre
