#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/time.h"

namespace kd {

// Header and blocks of a tape segment; docs/kalshi-data/tape has the format with an example.

inline constexpr std::size_t kTapeBlockHeaderBytes = 48;
inline constexpr std::size_t kMostTapeBlockBytes = 32 << 20;  // raw, and compressed

// What a block's header says, without its CRCs.
struct TapeBlockHeader {
  std::uint32_t compressed_bytes = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t records = 0;
  std::uint32_t frames = 0;  // of them, frames received
  std::uint32_t lane = 0;
  Micros earliest{};
  Micros latest{};

  friend bool operator==(const TapeBlockHeader&, const TapeBlockHeader&) = default;
};

struct TapeSegmentHeader {
  std::string gatherer_id;  // at most 256 bytes
  Micros start{};

  friend bool operator==(const TapeSegmentHeader&, const TapeSegmentHeader&) = default;
};

std::string encode_tape_header(const TapeSegmentHeader& header);

// Makes blocks, one after another. Reuses its memory: confined to one thread.
class TapeCompressor {
 public:
  TapeCompressor();
  ~TapeCompressor();
  TapeCompressor(const TapeCompressor&) = delete;
  TapeCompressor& operator=(const TapeCompressor&) = delete;

  // `raw` is 1 to kMostTapeBlockBytes of records; the sizes in `header` are filled in. The block
  // is valid until the next call.
  std::string_view block(TapeBlockHeader header, std::string_view raw);

 private:
  struct Impl;  // keeps the compression library out of this header
  std::unique_ptr<Impl> impl_;
};

// Reads what TapeCompressor made; any bytes are safe. Reuses its memory: confined to one thread.
class TapeDecompressor {
 public:
  TapeDecompressor();
  ~TapeDecompressor();
  TapeDecompressor(const TapeDecompressor&) = delete;
  TapeDecompressor& operator=(const TapeDecompressor&) = delete;

  // The raw bytes of a block's zstd frame, valid until the next call. Behind them stand
  // kFramePadding readable bytes, as the decoder of frames needs.
  Expected<std::string_view> raw(const TapeBlockHeader& header, std::string_view compressed);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd
