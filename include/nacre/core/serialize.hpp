/// Bytes that leave a process: the CRC32C-checked envelope around everything sent or stored in binary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in iSCSI (RFC 3720).
NACRE_API std::uint32_t crc32c(std::string_view bytes, std::uint32_t start = 0);

/// magic, schema version, archive version, byte order, length, CRC32C, then the payload.
struct Envelope {
  std::uint32_t magic = 0;
  std::uint32_t schema = 0;
};
NACRE_API std::string seal(Envelope envelope, std::string_view payload);
/// Checks everything before the payload is handed out.
/// @throws Error saying which field differs
NACRE_API std::string open_envelope(Envelope expected, std::string_view bytes);

}  // namespace nacre
