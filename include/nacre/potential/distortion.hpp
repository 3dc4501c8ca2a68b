/// Whether a strained bulk keeps its cell (definitions.md 1).
#pragma once

#include <cstdint>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/stack/plane.hpp"

namespace nacre {

/// Above this gain a material `distorts_under_strain` [eV/atom].
inline constexpr double distorting_gain = 0.5e-3;

struct Distortion {
  double gain = 0.0;    ///< of a rattled 2x2x2 cell over the strained bulk's primitive cell [eV/atom]
  std::string failure;  ///< empty, or a relaxation's reason
  double work = 0.0;
};

/// The bulk with its plane's vectors stretched by 1 + `strain` in both directions, third vector and atoms relaxed, and the
/// same with 2x2x2 oriented cells rattled by 0.05 A.
NACRE_API Distortion strained_distortion(PlaneLattice const& plane, double strain, Potential const& potential,
                                         std::uint64_t seed);

}  // namespace nacre
