// MD5 (RFC 1321): pw.x prints it of every pseudopotential that it reads. Not used for anything that must be safe.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "deck_detail.hpp"

namespace nacre::dft::detail {
namespace {

using Words = std::array<std::uint32_t, 4>;

/// floor(2^32 |sin(i + 1)|)
std::array<std::uint32_t, 64> sines() {
  std::array<std::uint32_t, 64> table{};
  for (std::size_t i = 0; i < 64; ++i)
    table[i] = static_cast<std::uint32_t>(std::floor(4294967296.0 * std::abs(std::sin(static_cast<double>(i + 1)))));
  return table;
}

std::uint32_t word_at(std::string const& text, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t k = 4; k-- > 0;) word = (word << 8) | static_cast<unsigned char>(text[at + k]);
  return word;
}

void mix_block(Words& state, std::string const& text, std::size_t at) {
  static auto const table = sines();
  static constexpr std::array<std::array<int, 4>, 4> turns{{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
  auto [a, b, c, d] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    std::uint32_t f = 0;
    std::size_t source = i;
    switch (i / 16) {
      case 0: f = (b & c) | (~b & d); break;
      case 1: f = (d & b) | (~d & c), source = (5 * i + 1) % 16; break;
      case 2: f = b ^ c ^ d, source = (3 * i + 5) % 16; break;
      default: f = c ^ (b | ~d), source = (7 * i) % 16; break;
    }
    auto const sum = a + f + table[i] + word_at(text, at + 4 * source);
    a = d, d = c, c = b;
    b += std::rotl(sum, turns[i / 16][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
  std::string text(bytes);
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int k = 0; k < 8; ++k) text += static_cast<char>((std::uint64_t{bytes.size()} * 8) >> (8 * k));
  Words state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (std::size_t at = 0; at < text.size(); at += 64) mix_block(state, text, at);
  std::string hex;
  for (auto const word : state)
    for (int k = 0; k < 4; ++k) {
      auto const byte = (word >> (8 * k)) & 0xff;
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
  return hex;
}

}  // namespace nacre::dft::detail
