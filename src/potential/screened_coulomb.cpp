#include "screened_coulomb.hpp"

#include <cmath>

#include "nacre/core/units.hpp"

namespace nacre::detail {

PairValue ScreenedCoulomb::at(double r) const {
  constexpr double weight[4] = {0.18175, 0.50986, 0.28022, 0.02817};  // the universal screening function
  constexpr double decay[4] = {3.19980, 0.94229, 0.40290, 0.20162};
  double const x = r / length;
  double screening = 0.0, slope = 0.0;
  for (int k = 0; k < 4; ++k) {
    double const term = weight[k] * std::exp(-decay[k] * x);
    screening += term;
    slope += decay[k] / length * term;
  }
  return {strength / r * screening, strength / r * (screening / r + slope)};
}

ScreenedCoulomb screened_coulomb(int first_number, int second_number) {
  double const z = std::pow(first_number, 0.23) + std::pow(second_number, 0.23);
  return {units::coulomb_eV_A * first_number * second_number, 0.8854 * units::bohr_A / z};
}

}  // namespace nacre::detail
