#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "net/http_server.h"
#include "sim/deliveries.h"

namespace kd::sim {

// The frames that one socket was handed and that could still be lost with it. A value.
class SentFrames {
 public:
  // What the other side's system has acknowledged, and was sent longer ago than this, was read.
  static constexpr std::int64_t kUnreadMs = 1000;

  // `end_bytes`: where the frame ends among all bytes appended.
  void add(std::uint64_t end_bytes, Deliveries::Id id) { sent_.push_back({end_bytes, id}); }

  bool empty() const { return sent_.empty(); }
  // Forgets what is settled. The oldest frame that is not; `none` when all are.
  Deliveries::Id settle(const WsProgress& progress, std::int64_t now_ms,
                        const Deliveries& deliveries, Deliveries::Id none);

  struct Fallen {
    Deliveries::Id id;
    bool certain;  // it never left the server; otherwise nobody knows
  };
  // What went down with the socket.
  std::vector<Fallen> fall(const WsProgress& progress, std::int64_t now_ms,
                           const Deliveries& deliveries);

 private:
  struct Sent {
    std::uint64_t end_bytes;
    Deliveries::Id id;
  };
  std::deque<Sent> sent_;
};

}  // namespace kd::sim
