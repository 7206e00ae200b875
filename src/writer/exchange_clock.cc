#include "writer/exchange_clock.h"

namespace kd {

void ExchangeClock::note(std::int64_t us) {
  auto newest = newest_.load(std::memory_order_relaxed);
  do {
    if (us <= newest) return;
  } while (!newest_.compare_exchange_weak(newest, us, std::memory_order_relaxed));
  if (newest > 0) return;
  const MutexLock lock(mutex_);  // somebody may be between his look and his wait
  known_.notify_all();
}

bool ExchangeClock::await(std::chrono::steady_clock::time_point deadline,
                          const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  known_.wait_until(mutex_, stop, deadline, [this] { return newest_us() > 0; });
  return newest_us() > 0;
}

}  // namespace kd
