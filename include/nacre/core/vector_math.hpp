/// Elementary functions that the compiler can vectorise: no branch, no table, no call.
#pragma once

#include <bit>
#include <cstdint>

#define NACRE_INLINE __attribute__((always_inline)) inline

namespace nacre::detail {

/// exp(x) for x <= 700, relative error 4e-16; below -700 it stays at exp(-700).
NACRE_INLINE double exponential(double x) {
  constexpr double round = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the nearest integer in the low bits
  constexpr double log2_e = 1.4426950408889634, ln2_high = 6.93147180369123816490e-01,
                   ln2_low = 1.90821492927058770002e-10;
  x = x < -700.0 ? -700.0 : x;
  double const shifted = x * log2_e + round;
  double const n = shifted - round;
  double const f = (x - n * ln2_high) - n * ln2_low;
  double p = 1.0 / 479001600.0;  // Taylor series to f^12/12!, |f| <= ln(2)/2
  p = p * f + 1.0 / 39916800.0;
  p = p * f + 1.0 / 3628800.0;
  p = p * f + 1.0 / 362880.0;
  p = p * f + 1.0 / 40320.0;
  p = p * f + 1.0 / 5040.0;
  p = p * f + 1.0 / 720.0;
  p = p * f + 1.0 / 120.0;
  p = p * f + 1.0 / 24.0;
  p = p * f + 1.0 / 6.0;
  p = p * f + 0.5;
  p = p * f + 1.0;
  p = p * f + 1.0;
  auto const bits = std::bit_cast<std::uint64_t>(p) + (std::bit_cast<std::uint64_t>(shifted) << 52);
  return std::bit_cast<double>(bits);
}

/// Four doubles at once.
using Four = double __attribute__((vector_size(32)));

NACRE_INLINE void load_four(double const* from, Four& value) { __builtin_memcpy(&value, from, sizeof value); }
NACRE_INLINE void store_four(double* to, Four const& value) { __builtin_memcpy(to, &value, sizeof value); }

}  // namespace nacre::detail
