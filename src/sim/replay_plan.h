#pragma once

#include <cstdint>
#include <vector>

#include "base/expected.h"
#include "sim/recording.h"
#include "sim/world.h"

namespace kd::sim {

struct ReplayOptions {
  double speed = 1;             // 0: as fast as the clients can
  bool original_times = false;  // stamps as recorded
  bool cut_stamps = false;      // `ts` in milliseconds, as the exchange sends it today
};

// When a recording plays. All times in milliseconds.
//
// Each window's first line falls on `start_ms`: window w plays at recv_ms + play_shift[w].
struct ReplayPlan {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::vector<std::int64_t> play_shift_ms;  // by window
  ReplayOptions options;

  // What is added to recorded stamps.
  std::int64_t stamp_shift_ms(std::size_t window) const {
    return options.original_times ? 0 : play_shift_ms[window];
  }
  // The simulator's time minus the time on the wire.
  std::int64_t shown_offset_ms(std::size_t window) const {
    return options.original_times ? play_shift_ms[window] : 0;
  }
};

// A replay at the speed of life starts at `now_ms`; a faster one so that it ends at about then.
ReplayPlan plan_replay(const Recording& recording, const ReplayOptions& options,
                       std::int64_t now_ms);

}  // namespace kd::sim
