/// Energies of many structures at once: what a campaign, a training set or a file of frames asks for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Every structure by itself, shared out among threads or joined by the model (Potential::evaluate_many).
/// @throws InputError unless threads is between 1 and 1024, and whatever else than InputError an evaluation throws
NACRE_API std::vector<BatchResult> evaluate_batch(Potential const& potential, std::span<Crystal const> crystals,
                                                  int threads = 1);

}  // namespace nacre
