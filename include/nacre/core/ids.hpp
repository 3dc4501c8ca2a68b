/// Identities: SHA-256, the 128-bit hash that names a design, and index types that do not mix.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

/// SHA-256 (FIPS 180-4) of a byte stream.
class NACRE_API Sha256 {
 public:
  Sha256();
  Sha256& update(std::span<std::uint8_t const> bytes);
  Sha256& update(std::string_view bytes);
  Sha256& update(std::uint64_t value);  ///< little-endian, 8 bytes
  Sha256& update(double value);         ///< IEEE bits, with -0 as 0 and one NaN
  std::array<std::uint8_t, 32> digest() const;  ///< of everything so far; more may follow
  std::string hex() const;

 private:
  void compress(std::uint8_t const* block);
  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> buffer_;
  std::uint64_t length_ = 0;
};

NACRE_API std::string sha256_hex(std::string_view bytes);
/// @throws Error if the file cannot be read
NACRE_API std::string sha256_file(std::string const& path);

/// The identity of a design: the first 128 bits of a SHA-256.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(Hash128 const&) const = default;
  std::string hex() const { return to_hex(*this); }  ///< 32 digits

  NACRE_API static std::string to_hex(Hash128 hash);
  /// @throws InputError unless `text` is 32 hexadecimal digits
  NACRE_API static Hash128 from_hex(std::string_view text);
  NACRE_API static Hash128 of(std::span<std::int64_t const> values);
  NACRE_API static Hash128 of(std::string_view bytes);
};

/// An index into one table; indices into different tables have different types.
template <class Tag>
struct Id {
  std::int64_t value = -1;
  auto operator<=>(Id const&) const = default;
};
using MaterialId = Id<struct MaterialTag>;
using ProposalId = Id<struct ProposalTag>;

}  // namespace nacre

template <>
struct std::hash<nacre::Hash128> {
  std::size_t operator()(nacre::Hash128 id) const noexcept { return static_cast<std::size_t>(id.low); }
};
