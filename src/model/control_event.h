#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/messages.h"

namespace kd {

// What a connection has to know of a frame that it read. Most frames say nothing to it. The text
// is valid during the call that brings the event.
struct ControlEvent {
  enum class Kind : std::uint8_t {
    kNone,
    kSubscribed,    // id, sid, channel
    kOk,            // id, sid
    kUnsubscribed,  // id, sid
    kError,         // id, perhaps sid; code, text
    kGap,           // sid: frames were lost, its books are stale, and the frame says nothing else
    kStale,         // sid; text is a market: its book on this stream is not to be trusted
    kSnapshot,      // sid, id where it answers a command; text is the market
  };
  Kind kind = Kind::kNone;
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> sid;
  Channel channel{};
  std::int64_t code = 0;
  bool names_markets = false;
  bool gap = false;  // frames of the sid were lost before this one
  std::string_view text;
};

}  // namespace kd
