#include "nacre/core/rng.hpp"

#include <cmath>

#include "nacre/core/ids.hpp"
#include "nacre/core/units.hpp"

namespace nacre {

std::array<std::uint32_t, 4> Rng::philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    auto const p0 = std::uint64_t{0xD2511F53} * counter[0];
    auto const p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// The key hashes seed and purpose; the counter's upper half is the index, its lower half counts the blocks drawn.
Rng::Rng(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  auto const digest = Sha256().update(seed).update(purpose).digest();
  auto const word = [&](int i) {
    return std::uint32_t{digest[4 * i]} | std::uint32_t{digest[4 * i + 1]} << 8 | std::uint32_t{digest[4 * i + 2]} << 16 |
           std::uint32_t{digest[4 * i + 3]} << 24;
  };
  key_ = {word(0), word(1)};
  counter_ = {0, 0, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32)};
}

std::uint32_t Rng::bits() {
  if (used_ == 4) {
    block_ = philox(counter_, key_);
    used_ = 0;
    if (++counter_[0] == 0) ++counter_[1];
  }
  return block_[used_++];
}

double Rng::uniform() {
  auto const high = static_cast<std::uint64_t>(bits() >> 5);
  auto const low = static_cast<std::uint64_t>(bits() >> 6);
  return static_cast<double>(high << 26 | low) * 0x1p-53;
}

double Rng::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::uint64_t Rng::below(std::uint64_t n) {
  auto const limit = ~std::uint64_t{0} - ~std::uint64_t{0} % n;  // largest multiple of n: what lies above is drawn again
  for (;;) {
    auto const high = static_cast<std::uint64_t>(bits());
    auto const draw = high << 32 | bits();
    if (draw < limit) return draw % n;
  }
}

double Rng::normal() {
  auto const u = 1.0 - uniform();
  auto const v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * units::pi * v);
}

}  // namespace nacre
