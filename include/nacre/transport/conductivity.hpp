/// From diffusion to conduction.
#pragma once

#include "nacre/core/api.hpp"

namespace nacre {

/// n (z e)² D / (k_B T) [S/cm]: Nernst-Einstein with the tracer D, Einstein-Helfand with the collective one.
/// @param density  ions per Å^3    @param charge  e    @param diffusion  Å^2/ps    @param temperature  K
NACRE_API double conductivity_S_per_cm(double density, double charge, double diffusion, double temperature);

/// (z e)² j0 / (k_B T) [S/m^2], the exchange conductance of a contact with j0 crossings per Å^2 and ns, one way.
NACRE_API double exchange_conductance_S_per_m2(double j0_per_A2_ns, double charge, double temperature);

}  // namespace nacre
