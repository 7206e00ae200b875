#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "sim/feed_event.h"

namespace kd::sim {

// Reads the lines of a recording. Each is {"recv_ms": …, "event": {the frame as received}}.
// Confined to one thread; keeps its memory from line to line.
class FrameReader {
 public:
  FrameReader();
  ~FrameReader();
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  struct Line {
    std::int64_t recv_ms;
    std::optional<FeedKind> kind;  // nothing: a frame that is not played
    std::string_view type;
    std::string_view market_ticker;  // "" where msg has none
    std::string_view market_id;
    std::string_view event_ticker;    // of msg, for frames about an event
    std::string_view lifecycle_type;  // of msg.event_type
  };

  // What it returns is valid until the next call.
  Expected<Line> read(std::string_view text);
  // The same of a frame alone, whose text is not needed afterwards.
  Expected<Line> read_frame(std::int64_t recv_ms, std::string_view text);
  // Of the msg of the frame last read: equal for equal contents.
  std::uint64_t digest() const;

  // The frame last read, its stamps mapped, as an event of `market`. The error says why it cannot
  // be played (a required field is missing or not what it should be).
  Expected<void> convert(const TimeMap& times, MarketIndex market, FeedEvent& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kd::sim
