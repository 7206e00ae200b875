#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/messages.h"

namespace kd {

// What a connection has to know of a frame that it read. Most frames say nothing to it.
struct ControlEvent {
  enum class Kind : std::uint8_t {
    kNone,
    kSubscribed,    // id, sid, channel
    kOk,            // id, sid
    kUnsubscribed,  // id, sid
    kError,         // id, perhaps sid; code, text
    kGap,           // sid: frames were lost, its books are stale
    kStale,         // sid; text is a market: one of its messages could not be decoded
  };
  Kind kind = Kind::kNone;
  std::optional<std::int64_t> id;
  std::optional<std::int64_t> sid;
  Channel channel{};
  std::int64_t code = 0;
  bool names_markets = false;
  std::string text;
};

}  // namespace kd
