#pragma once

#include <cstdint>
#include <string_view>

namespace kd {

// CRC-32 as of zlib (polynomial 0xEDB88320): against accidents, not against malice.
std::uint32_t crc32(std::string_view bytes);

}  // namespace kd
