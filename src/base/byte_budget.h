#pragma once

#include <atomic>
#include <cstdint>

namespace kd {

// Bytes that wait in memory, all buffers of one kind together, against their bound. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(std::int64_t limit_bytes) : limit_(limit_bytes) {}

  void add(std::int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  // Adds unless `bound` would be passed. False: nothing was added.
  bool try_add(std::int64_t bytes, std::int64_t bound) {
    auto used = used_.load(std::memory_order_relaxed);
    do {
      if (used + bytes > bound) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void release(std::int64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::int64_t limit() const { return limit_; }
  std::int64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::int64_t limit_;
  std::atomic<std::int64_t> used_{0};
};

}  // namespace kd
