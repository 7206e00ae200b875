#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "codec/table.h"

namespace kd {

// How much all spill files of a process may take of the disk. Evidence may use a part that the
// rows of the market may not, and is not stopped by a disk that is nearly full. Any thread.
class SpillSpace {
 public:
  struct Options {
    std::int64_t max_bytes = 0;
    double high_watermark_percent = 100;  // of the disk in use, by whomever
  };
  explicit SpillSpace(Options options) : options_(options) {}

  enum class Verdict { kYes, kBoundReached, kDiskFull };
  Verdict may_take(Table table, std::int64_t bytes) const {
    const bool evidence = table == Table::kLedger || table == Table::kQuarantine;
    const auto bound = evidence ? options_.max_bytes : options_.max_bytes - reserve();
    if (used() + bytes > bound) return Verdict::kBoundReached;
    const bool full = disk_used_percent_.load() >= options_.high_watermark_percent;
    return full && !evidence ? Verdict::kDiskFull : Verdict::kYes;
  }
  void add(std::int64_t bytes) { used_.fetch_add(bytes); }
  void release(std::int64_t bytes) { used_.fetch_sub(bytes); }
  std::int64_t used() const { return used_.load(); }
  void set_disk_used(double percent) { disk_used_percent_.store(percent); }

 private:
  std::int64_t reserve() const {
    return std::min<std::int64_t>(options_.max_bytes / 8, std::int64_t{64} << 20);
  }

  const Options options_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<double> disk_used_percent_{0};
};

}  // namespace kd
