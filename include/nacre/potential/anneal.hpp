/// Acceptors and vacancies arranged as at a temperature where they still move: Metropolis swaps on the sites of the
/// undoped crystal (definitions.md 5, protocol `annealed`).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/stack/doping.hpp"

namespace nacre {

struct AnnealOptions {
  double temperature = 1500.0;  ///< where cations freeze [K]
  int accepted_per_dopant = 200;
  std::int64_t most_attempts = 2'000'000;
  std::function<bool()> cancelled;
};

struct NACRE_API Annealed {
  DopedCrystal doped;
  Status status = Status::failed;  ///< ok: enough swaps, and the energy does not drift
  std::string reason;              ///< too_few_swaps, energy_drifts, cancelled
  std::int64_t attempts = 0, accepted = 0;
  double first_energy = 0.0, last_energy = 0.0;  ///< [eV]
  double mean_energy = 0.0;                      ///< of the second half [eV]
  double work = 0.0;                             ///< edges
};

/// Swaps an acceptor with a host ion, or a vacancy with an anion, of one layer; ions stand on the sites of the crystal
/// as given, so that an energy costs one evaluation. Half of the accepted swaps bring it to equilibrium; the other half
/// must not drift.
NACRE_API Annealed anneal(DopedCrystal const& start, Potential const& potential, Rng& rng,
                          AnnealOptions const& options = {}, int anion = 8);

}  // namespace nacre
