#pragma once

#include <algorithm>
#include <chrono>

#include "base/mutex.h"

namespace kd {

// When the next dial may go out: at most `per_second` of all connections together. Any thread.
class DialPacer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit DialPacer(double per_second) : gap_(std::chrono::duration<double>(1 / per_second)) {}

  // The caller's turn, from now.
  std::chrono::milliseconds next(Time now) {
    const MutexLock lock(mutex_);
    const auto at = std::max(now, free_at_);
    free_at_ = at + std::chrono::duration_cast<std::chrono::steady_clock::duration>(gap_);
    return std::chrono::ceil<std::chrono::milliseconds>(at - now);
  }

 private:
  const std::chrono::duration<double> gap_;
  Mutex mutex_;
  Time free_at_ KD_GUARDED_BY(mutex_){};
};

}  // namespace kd
