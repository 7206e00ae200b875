#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kd {

// The records of a tape, in the raw bytes of a block; docs/kalshi-data/tape has the format.

enum class TapeKind : std::uint8_t {
  kFrame = 1,   // as received
  kSent = 2,    // a command as sent
  kOpened = 3,  // text is the connection's role
  kClosed = 4,  // text is why
  kLost = 5,    // text is a TapeLoss as JSON
};

// "frame", "sent" …; "unknown" for a kind of a later version.
std::string_view name_of(TapeKind kind);

struct TapeRecord {
  TapeKind kind{};
  std::int32_t connection = 0;     // not negative; its number within the process
  Micros wall{};                   // when it was received
  std::chrono::microseconds mono;  // the same instant since the machine started
  std::string_view text;

  friend bool operator==(const TapeRecord&, const TapeRecord&) = default;
};

// Bytes of a record beyond its text, at most.
inline constexpr std::size_t kTapeRecordOverhead = 1 + 5 + 10 + 10 + 5;

// Appends records to the raw bytes of one block. A value; starts over with every block.
class TapeRecordWriter {
 public:
  // `out` must be the same for all records of a block.
  void append(std::string& out, const TapeRecord& record);

 private:
  std::int64_t wall_us_ = 0;
  std::int64_t mono_us_ = 0;
};

// Walks over the raw bytes of a block. Any bytes are safe: what follows no record ends the walk.
// A value; the records point into the bytes.
class TapeRecordReader {
 public:
  explicit TapeRecordReader(std::string_view raw) : left_(raw) {}

  // False at the end, and at the first thing that is no record.
  bool next(TapeRecord& record);
  // After next() returned false: whether it was the end.
  bool complete() const { return left_.empty(); }

 private:
  std::string_view left_;
  std::int64_t wall_us_ = 0;
  std::int64_t mono_us_ = 0;
};

}  // namespace kd
