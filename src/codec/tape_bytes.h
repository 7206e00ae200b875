#pragma once

// Where each field of a tape segment stands; for the sources of codec/ only. All little-endian.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kd::tape {

static_assert(std::endian::native == std::endian::little, "the tape is written as memory has it");

inline constexpr std::string_view kSegmentMagic = "KDTAPE\r\n";
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kMostIdBytes = 256;
inline constexpr std::size_t kHeaderVersion = 8;
inline constexpr std::size_t kHeaderIdBytes = 12;
inline constexpr std::size_t kHeaderStart = 16;
inline constexpr std::size_t kHeaderBytes = 24;  // before the id; a CRC stands behind it

inline constexpr std::string_view kBlockMagic = "KDBK";
inline constexpr std::size_t kBlockCompressed = 4;
inline constexpr std::size_t kBlockRaw = 8;
inline constexpr std::size_t kBlockRecords = 12;
inline constexpr std::size_t kBlockFrames = 16;
inline constexpr std::size_t kBlockLane = 20;
inline constexpr std::size_t kBlockEarliest = 24;
inline constexpr std::size_t kBlockLatest = 32;
inline constexpr std::size_t kBlockDataCrc = 40;
inline constexpr std::size_t kBlockHeaderCrc = 44;

template <typename Number>
void put(char* at, Number number) {
  std::memcpy(at, &number, sizeof(number));
}

inline void put_text(char* at, std::string_view text) { std::memcpy(at, text.data(), text.size()); }

template <typename Number>
Number get(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof(number));
  return number;
}

}  // namespace kd::tape
