/// Pictures through gnuplot (Debian: gnuplot-nox).
#pragma once

#include <filesystem>

#include "nacre/transport/arrhenius.hpp"
#include "nacre/transport/diffusion.hpp"

namespace nacre {

/// Mean squared displacement against lag with the fitted line; needs a curve. @throws Error if gnuplot is absent or
/// fails
void plot_diffusion(DiffusionResult const& result, std::filesystem::path const& svg);
/// ln(σT) or ln D against 1/T with the line and its band; needs a fit. @throws Error as above
void plot_arrhenius(ArrheniusResult const& result, std::filesystem::path const& svg);

}  // namespace nacre
