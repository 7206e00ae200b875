#include "sim/replay_feed.h"

namespace kd::sim {

Expected<std::size_t> ReplayFeed::play(std::int64_t now_ms, std::size_t limit) {
  const std::int64_t real_ms = real_now_ms();
  std::size_t played = 0;
  while (played < limit && !stopped_) {
    const auto at = replay_.next_at();
    if (!at || *at > now_ms) break;
    KD_TRY(const bool to_publish, replay_.take(event_));
    exchange_.clock.advance_to(*at, real_ms);
    if (to_publish) exchange_.publish(event_);
    ++played;
  }
  return played;
}

}  // namespace kd::sim
