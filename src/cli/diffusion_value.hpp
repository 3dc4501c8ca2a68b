/// The JSON document of `nacre diffusion`, which `nacre arrhenius` reads back.
#pragma once

#include "nacre/core/value.hpp"
#include "nacre/transport/diffusion.hpp"

namespace nacre {

Value diffusion_to_value(DiffusionResult const& result);

}  // namespace nacre
