/// A radial function as cubics in the squared distance; intervals double in width with each octave.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "nacre/transport/bond_valence.hpp"

namespace nacre::detail {

class RadialTable {
 public:
  static constexpr double smallest = 0.25;  ///< [Å^2]; below, the function itself is called

  RadialTable(RadialEnergy const& function, double cutoff);

  /// @param squared smallest <= squared < cutoff^2
  double operator()(double squared) const {
    auto const bits = std::bit_cast<std::uint64_t>(squared);
    auto const& c = cubics_[(bits >> shift) - first];
    double const t = squared - std::bit_cast<double>(bits & mask);  // from the left end of the interval
    return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
  }

 private:
  static constexpr int kept_bits = 8;  ///< of the mantissa: 256 intervals an octave
  static constexpr int shift = 52 - kept_bits;
  static constexpr std::uint64_t mask = ~((std::uint64_t{1} << shift) - 1);
  static constexpr std::uint64_t first = std::bit_cast<std::uint64_t>(smallest) >> shift;

  struct alignas(32) Cubic {
    double c[4];
    double operator[](int k) const { return c[k]; }
  };
  std::vector<Cubic> cubics_;
};

}  // namespace nacre::detail
