#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "model/messages.h"

namespace kd {

// The part of a row's identity that its content cannot give (design invariant 3).
struct RowNumber {
  std::int16_t occurrence = 0;  // index among equal rows of the stream
  std::int32_t ordinal = 0;     // index among the stream's rows of this (ticker, exchange_ts)
  bool certain = true;          // false: its time lies further back than rows are remembered
};

// Numbers the rows of one market within one subscription stream.
//
// Rows equal in time and content get occurrence 0, 1, 2 …, so that the union over gatherers is,
// per key, the largest multiplicity that any one of them saw. Exchange times of a market do not
// step back in practice (no exception in 1.1 million recorded frames); a row that does step
// back is still numbered exactly up to kMemory, and beyond says that it is not certain.
//
// A stream that joined in the middle of a millisecond sees only its tail: such rows carry
// ordinals from kJoinedMidway on, which keeps their order and sorts them behind the rows of a
// stream that saw the millisecond whole.
//
// No allocation once grown; a quiet market keeps one or two entries. Confined to one thread.
class RowNumbering {
 public:
  static constexpr std::int32_t kJoinedMidway = 1 << 20;
  static constexpr std::chrono::milliseconds kMemory{10'000};

  // `joined` is the sending time of the market's first snapshot on this stream: milliseconds up
  // to it may have begun before. `content` tells rows of one millisecond apart.
  RowNumber number(Micros exchange_ts, std::uint64_t content, Micros joined);

 private:
  struct Seen {
    Micros at;
    std::uint64_t content;
  };
  static constexpr std::size_t kWorthForgetting = 8;
  void forget(Micros newest);

  std::vector<Seen> seen_;  // ascending by time, in order of arrival within one
  std::size_t forget_at_ = kWorthForgetting;
  Micros newest_{};
};

// Content of a delta within its millisecond, free of collisions: price (17 bits), side (1) and
// change (46 bits, that is ±351 billion contracts; wider changes are hashed).
std::uint64_t delta_content(const OrderbookDelta& delta);

// A 64-bit hash over every content field of a ticker, the same on every host and in every
// version: FNV-1a over the fields as 8 little-endian bytes each, an absent one as INT64_MIN.
std::int64_t ticker_content_hash(const TickerUpdate& ticker);

}  // namespace kd
