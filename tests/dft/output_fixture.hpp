/// What the tests of the readers of outputs share.
#pragma once

#include <cmath>

#include "nacre/dft/result.hpp"

namespace nacre::dft {

inline constexpr Ending clean{0, 0, SchedulerWord::completed};

/// Equal to what was written, within what is printed.
inline bool same_numbers(Result const& a, Result const& b) {
  return std::abs(*a.energy_eV - *b.energy_eV) < 2e-4 && a.forces->cols() == b.forces->cols() &&
         (*a.forces - *b.forces).cwiseAbs().maxCoeff() < 2e-3 &&
         a.stress.has_value() == b.stress.has_value() &&
         (!a.stress || (*a.stress - *b.stress).cwiseAbs().maxCoeff() < 1e-4);
}

}  // namespace nacre::dft
