#include "nacre/core/ids.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::string to_hex(std::span<std::uint8_t const> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (auto const byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

Hash128 first_128_bits(Sha256 const& hash) {
  auto const digest = hash.digest();
  Hash128 result;
  for (int i = 0; i < 8; ++i) result.high = result.high << 8 | digest[i];
  for (int i = 8; i < 16; ++i) result.low = result.low << 8 | digest[i];
  return result;
}

}  // namespace

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::compress(std::uint8_t const* block) {
  std::array<std::uint32_t, 64> w{};
  for (int i = 0; i < 16; ++i) {
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  }
  for (int i = 16; i < 64; ++i) {
    auto const s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    auto const s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (int i = 0; i < 64; ++i) {
    auto const s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    auto const t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    auto const s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    auto const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  std::array<std::uint32_t, 8> const change{a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) state_[i] += change[i];
}

Sha256& Sha256::update(std::span<std::uint8_t const> bytes) {
  for (auto const byte : bytes) {
    buffer_[length_++ % 64] = byte;
    if (length_ % 64 == 0) compress(buffer_.data());
  }
  return *this;
}

Sha256& Sha256::update(std::string_view bytes) {
  return update(std::span(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()));
}

Sha256& Sha256::update(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return update(bytes);
}

Sha256& Sha256::update(double value) {
  if (std::isnan(value)) return update(std::uint64_t{0x7ff8000000000000});
  return update(std::bit_cast<std::uint64_t>(value == 0.0 ? 0.0 : value));
}

std::array<std::uint8_t, 32> Sha256::digest() const {
  Sha256 copy = *this;
  auto const bits = length_ * 8;
  std::uint8_t const one = 0x80, zero = 0;
  copy.update(std::span(&one, 1));
  while (copy.length_ % 64 != 56) copy.update(std::span(&zero, 1));
  std::array<std::uint8_t, 8> length{};
  for (int i = 0; i < 8; ++i) length[i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  copy.update(length);
  std::array<std::uint8_t, 32> result{};
  for (int i = 0; i < 32; ++i) result[i] = static_cast<std::uint8_t>(copy.state_[i / 4] >> (24 - 8 * (i % 4)));
  return result;
}

std::string Sha256::hex() const { return to_hex(digest()); }

std::string sha256_hex(std::string_view bytes) { return Sha256().update(bytes).hex(); }

std::string sha256_file(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(concat("cannot read '", path, "' to hash it"));
  Sha256 hash;
  std::string block(1 << 16, '\0');
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())));
  }
  return hash.hex();
}

std::string Hash128::to_hex(Hash128 hash) {
  std::array<std::uint8_t, 16> bytes{};
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(hash.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(hash.low >> (56 - 8 * i));
  }
  return nacre::to_hex(bytes);
}

Hash128 Hash128::from_hex(std::string_view text) {
  require(text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos,
          "invalid id '", text, "' (must be 32 hexadecimal digits)");
  Hash128 hash;
  for (std::size_t i = 0; i < 32; ++i) {
    auto const digit = static_cast<std::uint64_t>(text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10);
    auto& half = i < 16 ? hash.high : hash.low;
    half = half << 4 | digit;
  }
  return hash;
}

Hash128 Hash128::of(std::span<std::int64_t const> values) {
  Sha256 hash;
  for (auto const value : values) hash.update(static_cast<std::uint64_t>(value));
  return first_128_bits(hash);
}

Hash128 Hash128::of(std::string_view bytes) { return first_128_bits(Sha256().update(bytes)); }

}  // namespace nacre
