/// Counter-based random numbers: Philox 4x32-10 (J. K. Salmon et al., SC'11, doi:10.1145/2063384.2063405), keyed by
/// (campaign seed, purpose, index), so that a result does not depend on the number of ranks or on who computed it.
/// The distributions are ours, since those of the standard library differ between vendors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API Rng {
 public:
  /// The stream of `purpose` ("propose", "rattle", ...) number `index` of the campaign with `seed`.
  Rng(std::uint64_t seed, std::string_view purpose, std::uint64_t index);

  std::uint32_t bits();
  double uniform();                        ///< in [0, 1), 53 bits
  double uniform(double low, double high); ///< in [low, high)
  std::uint64_t below(std::uint64_t n);    ///< in [0, n), unbiased; n > 0
  double normal();                         ///< mean 0, variance 1 (Box-Muller)

  /// The bare generator, for its published test vectors.
  static std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace nacre
