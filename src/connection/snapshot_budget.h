#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace kd {

// How many snapshots all connections of a gatherer together may have asked for and not yet
// received: asking for every book at once would flood a reader that just proved slow. Any thread.
class SnapshotBudget {
 public:
  explicit SnapshotBudget(std::size_t most) : free_(most) {}

  // Up to `wanted`; 0 when none is free.
  std::size_t take(std::size_t wanted) {
    auto free = free_.load(std::memory_order_relaxed);
    std::size_t taken = 0;
    do {
      taken = std::min(wanted, free);
    } while (!free_.compare_exchange_weak(free, free - taken, std::memory_order_relaxed));
    return taken;
  }
  void give(std::size_t taken) { free_.fetch_add(taken, std::memory_order_relaxed); }
  std::size_t free() const { return free_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> free_;
};

}  // namespace kd
