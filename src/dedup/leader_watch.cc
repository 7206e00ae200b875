#include "dedup/leader_watch.h"

namespace kd {

bool LeaderWatch::stands_still(const std::optional<Sample>& sample, Clock::time_point now) {
  const bool same = sample && last_ && sample->waits_for_client && last_->waits_for_client &&
                    sample->pid == last_->pid && sample->copied_bytes == last_->copied_bytes;
  if (!same) since_ = now;
  last_ = sample;
  return same && now - since_ >= patience_;
}

}  // namespace kd
