#include "nacre/potential/potential.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/units.hpp"

namespace nacre {

Potential::~Potential() = default;

double Potential::expected_work(Crystal const& crystal) const {
  double const neighbors =
      4.0 / 3.0 * units::pi * std::pow(cutoff(), 3) * static_cast<double>(crystal.size()) / crystal.volume();
  return static_cast<double>(crystal.size()) * neighbors;
}

std::shared_ptr<Potential const> Potential::with_slab_correction(bool) const { return nullptr; }

}  // namespace nacre
