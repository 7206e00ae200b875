#include "sim/sent_frames.h"

#include <algorithm>
#include <utility>

namespace kd::sim {

namespace {

std::uint64_t acknowledged_bytes(const WsProgress& progress) {
  return progress.taken_bytes - std::min(progress.taken_bytes, progress.unacknowledged_bytes);
}

}  // namespace

Deliveries::Id SentFrames::settle(const WsProgress& progress, std::int64_t now_ms,
                                  const Deliveries& deliveries, Deliveries::Id none) {
  const std::uint64_t acknowledged = acknowledged_bytes(progress);
  while (!sent_.empty()) {
    const Sent& oldest = sent_.front();
    const bool taken = oldest.end_bytes <= acknowledged;
    const bool old = deliveries.handed_over_ms(oldest.id) < now_ms - kUnreadMs;
    if (!taken || !old) return oldest.id;
    sent_.pop_front();
  }
  return none;
}

std::vector<SentFrames::Fallen> SentFrames::fall(const WsProgress& progress, std::int64_t now_ms,
                                                 const Deliveries& deliveries) {
  std::vector<Fallen> fallen;
  const std::uint64_t acknowledged = acknowledged_bytes(progress);
  for (const Sent& sent : std::exchange(sent_, {})) {
    const bool certain = sent.end_bytes > progress.taken_bytes;
    const bool doubtful =
        sent.end_bytes > acknowledged || deliveries.handed_over_ms(sent.id) >= now_ms - kUnreadMs;
    if (certain || (doubtful && !progress.closed_in_order)) fallen.push_back({sent.id, certain});
  }
  return fallen;
}

}  // namespace kd::sim
