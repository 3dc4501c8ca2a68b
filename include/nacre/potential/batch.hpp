/// Energies of many structures at once: what a campaign, a training set or a file of frames asks for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct NACRE_API BatchResult {
  Evaluation evaluation;
  std::string refusal;  ///< why the model does not cover this structure; empty if it does
};

/// Every structure by itself, shared out among threads. Each result has the bits that a single evaluation has, whatever
/// the number of threads; a model that is not concurrent() is evaluated on one.
/// @throws InputError unless threads is between 1 and 1024, and whatever else than InputError an evaluation throws
NACRE_API std::vector<BatchResult> evaluate_batch(Potential const& potential, std::span<Crystal const> crystals,
                                                  int threads = 1);

}  // namespace nacre
