#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>

#include "base/mutex.h"

namespace kd {

// The newest time that the exchange has told this process, by a frame's sending time or by the
// date of an HTTP answer. Any thread; note() waits for nothing.
class ExchangeClock {
 public:
  // µs since the epoch; one that is not newer changes nothing.
  void note(std::int64_t us);
  // 0: none yet.
  std::int64_t newest_us() const { return newest_.load(std::memory_order_relaxed); }
  // Returns when a time is known (true), the deadline is over, or `stop` is requested.
  bool await(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

 private:
  std::atomic<std::int64_t> newest_{0};
  Mutex mutex_;
  CondVar known_;
};

}  // namespace kd
