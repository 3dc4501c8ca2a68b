#include "nacre/core/serialize.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Of a byte with 0, 1, ... 7 bytes behind it.
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
    tables[0][i] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t i = 0; i < 256; ++i) tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 255];
  }
  return tables;
}
constexpr auto crc_tables = make_crc_tables();

constexpr std::uint32_t archive_version = 19;  // of Boost 1.74 binary archives
constexpr std::uint32_t byte_order = 0x01020304;

struct Header {
  std::uint32_t magic, schema, archive, order;
  std::uint64_t length;
  std::uint32_t crc, reserved;
};
static_assert(sizeof(Header) == 32);

}  // namespace

/// Eight bytes a step: M. E. Kounavis and F. L. Berry, IEEE Trans. Comput. 57, 1550 (2008).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t start) {
  auto crc = ~start;
  auto const* at = reinterpret_cast<unsigned char const*>(bytes.data());
  auto left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint32_t next = 0;
    for (int i = 0; i < 4; ++i) {
      next ^= crc_tables[static_cast<std::size_t>(7 - i)][(crc >> (8 * i) ^ at[i]) & 255];
      next ^= crc_tables[static_cast<std::size_t>(3 - i)][at[4 + i]];
    }
    crc = next;
  }
  for (; left > 0; --left, ++at) crc = crc >> 8 ^ crc_tables[0][(crc ^ *at) & 255];
  return ~crc;
}

std::string seal(Envelope envelope, std::string_view payload) {
  Header const header{envelope.magic, envelope.schema, archive_version, byte_order, payload.size(), crc32c(payload), 0};
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes.append(payload);
}

std::string open_envelope(Envelope expected, std::string_view bytes) {
  Header header{};
  auto const check = [](bool good, auto const&... parts) {
    if (!good) throw Error(concat("unusable envelope (", parts..., ")"));
  };
  check(bytes.size() >= sizeof header, bytes.size(), " bytes, shorter than its header");
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes.remove_prefix(sizeof header);
  check(header.order == byte_order, "another byte order");
  check(header.magic == expected.magic, "magic ", header.magic, " instead of ", expected.magic);
  check(header.schema == expected.schema, "schema ", header.schema, " instead of ", expected.schema);
  check(header.archive == archive_version, "archive version ", header.archive, " instead of ", archive_version);
  check(header.length == bytes.size(), "length ", bytes.size(), " instead of ", header.length);
  check(header.crc == crc32c(bytes), "checksum differs");
  return std::string(bytes);
}

}  // namespace nacre
