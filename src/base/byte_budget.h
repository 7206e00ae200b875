#pragma once

#include <atomic>
#include <cstdint>

namespace kd {

// Bytes that wait in memory, all buffers of one kind together, against their bound. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(std::int64_t limit_bytes) : limit_(limit_bytes) {}

  void add(std::int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void release(std::int64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::int64_t used() const { return used_.load(std::memory_order_relaxed); }
  bool exhausted() const { return used() >= limit_; }
  // Far enough below the bound to take more again.
  bool relaxed() const { return used() < limit_ / 2; }

 private:
  const std::int64_t limit_;
  std::atomic<std::int64_t> used_{0};
};

}  // namespace kd
