#pragma once

#include <algorithm>
#include <chrono>

#include "net/ws_client.h"

namespace kd {

// How long to wait at least after a socket ended, before the backoff's own wait counts. 1000
// (closed), 1001 (going away: maintenance, deployment), a plain loss (1006) may be dialled again
// at once. 1008: our own doing, policy. 1011: an error over there. 1013: overloaded, try later.
// Pure.
constexpr std::chrono::milliseconds least_wait(WsEnd::Kind kind, int code) {
  using std::chrono::seconds;
  if (kind == WsEnd::Kind::kClosed) {
    switch (code) {
      case 1008:
        return seconds(30);
      case 1011:
        return seconds(2);
      case 1013:
        return seconds(10);
      default:
        return seconds(0);
    }
  }
  if (kind == WsEnd::Kind::kRefused) {
    if (code == 429) return seconds(10);
    return code >= 500 ? seconds(2) : seconds(30);
  }
  return seconds(0);
}

// While the exchange says that it is paused, its sockets are not worth a storm.
constexpr std::chrono::milliseconds kDampedWait = std::chrono::seconds(15);

// `backoff` and `random` are drawn by the caller; a least wait is stretched by up to half, so
// that many sockets that ended together do not come back together.
constexpr std::chrono::milliseconds redial_wait(WsEnd::Kind kind, int code, bool damped,
                                                std::chrono::milliseconds backoff,
                                                std::uint64_t random) {
  auto least = least_wait(kind, code);
  if (damped) least = std::max(least, kDampedWait);
  const auto spread = static_cast<std::uint64_t>(least.count()) / 2 + 1;
  return std::max(backoff, least + std::chrono::milliseconds(random % spread));
}

}  // namespace kd
