#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "codec/tape_record.h"
#include "codec/tape_segment.h"

namespace kd {

// All records of a segment that lies in memory, in the order of the file. Any bytes are safe.
// Confined to one thread.
class TapeReader {
 public:
  // Blocks that lie outside are not looked into. [from, to); absent: without bound.
  struct Times {
    std::optional<Micros> from;
    std::optional<Micros> to;
    bool contains(Micros at) const { return (!from || at >= *from) && (!to || at < *to); }
  };

  static Expected<TapeReader> open(std::string_view bytes, Times times = {});

  const TapeSegmentHeader& header() const { return blocks_.header(); }
  // Records of `times` only. The text is valid until the next call. False at the end.
  bool next(TapeRecord& record);

  std::size_t offset() const { return block_.offset; }  // of the block last looked at
  // So far; complete after next() returned false.
  std::uint64_t whole_blocks() const { return whole_blocks_; }
  const std::vector<TapeDamage>& damage() const { return blocks_.damage(); }
  std::size_t torn_bytes() const { return blocks_.torn_bytes(); }

 private:
  TapeReader(TapeSegmentReader blocks, Times times) : blocks_(std::move(blocks)), times_(times) {}
  bool next_in_block(TapeRecord& record);
  bool next_block();
  bool wanted(const TapeBlockHeader& header) const;

  TapeSegmentReader blocks_;
  Times times_;
  std::unique_ptr<TapeDecompressor> decompressor_ = std::make_unique<TapeDecompressor>();
  TapeSegmentReader::Block block_;
  TapeRecordReader records_{{}};
  std::uint32_t read_ = 0;  // records of this block
  std::uint64_t whole_blocks_ = 0;
};

}  // namespace kd
