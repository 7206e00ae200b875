#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace kd::sim {

// The simulator's own reader of the tape (docs/kalshi-data/tape/README.md): it shares no code with
// the gatherer, so that a mistake made there is not repeated here.

enum class TapeKind : std::uint8_t { kFrame = 1, kSent = 2, kOpened = 3, kClosed = 4, kLost = 5 };

struct TapeRecord {
  TapeKind kind;  // or a number that is none of them
  std::uint64_t connection;
  std::int64_t wall_us, mono_us;
  std::string_view text;
};

// Where a block of a segment is. A value.
struct TapeBlock {
  std::string file;
  std::int64_t offset;  // of its zstd frame
  std::uint32_t compressed_bytes, raw_bytes, records, lane;
};

struct TapeSegment {
  std::string gatherer;
  std::vector<TapeBlock> blocks;
  std::int64_t damaged_bytes = 0;  // passed over: a torn tail, blocks that are not whole
};

// Reads the headers. The error names the file that is no segment.
Expected<TapeSegment> index_tape_segment(const std::string& file);

// The records of one block, one after another. Confined to one thread.
class TapeBlockReader {
 public:
  // The error says that the block is damaged, and where.
  static Expected<TapeBlockReader> open(const TapeBlock& block);

  bool done() const { return left_ == 0; }
  // Valid until this object ends. The error says that the block holds less than it tells.
  Expected<TapeRecord> next();

 private:
  TapeBlockReader(std::string raw, std::uint32_t records) : raw_(std::move(raw)), left_(records) {}
  Expected<std::uint64_t> varint();
  Expected<std::int64_t> zigzag();

  std::string raw_;
  std::size_t at_ = 0;
  std::uint32_t left_;
  std::int64_t wall_us_ = 0, mono_us_ = 0;
};

}  // namespace kd::sim
