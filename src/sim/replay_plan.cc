#include "sim/replay_plan.h"

#include <algorithm>

namespace kd::sim {

ReplayPlan plan_replay(const Recording& recording, const ReplayOptions& options,
                       std::int64_t now_ms) {
  std::int64_t longest = 0;
  for (const RecordedWindow& window : recording.windows) {
    longest = std::max(longest, window.last_recv_ms - window.first_recv_ms);
  }
  const double lasts = options.speed > 0 ? static_cast<double>(longest) / options.speed : 0;
  const std::int64_t ahead = longest - static_cast<std::int64_t>(lasts);
  ReplayPlan plan;
  plan.options = options;
  plan.start_ms = now_ms - std::max<std::int64_t>(0, ahead);
  plan.end_ms = plan.start_ms + longest;
  for (const RecordedWindow& window : recording.windows) {
    plan.play_shift_ms.push_back(plan.start_ms - window.first_recv_ms);
  }
  return plan;
}

}  // namespace kd::sim
