#pragma once

#include "nacre/numerics/gaussian_process.hpp"

namespace nacre::detail {

/// Fills in categories and tiers that were left out.
/// @throws InputError if sizes differ or a number is not finite
ProcessData complete(ProcessData data);

}  // namespace nacre::detail
