#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/backoff.h"

namespace kd {

// When metadata is read: everything at the start, what changed every `interval`, everything again
// when `full_interval` is over and ten times the tokens that the last full walk cost have come in
// since it began, so that full walks use a tenth of the read budget at most. A full walk goes on
// page by page, with increments between its pages. Pure: time is an argument. Not thread-safe.
class SyncPlan {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Kind : std::uint8_t { kNothing, kFullWalk, kIncrement };

  SyncPlan(std::chrono::milliseconds interval, std::chrono::milliseconds full_interval)
      : interval_(interval), full_interval_(full_interval) {}

  // What to begin now; it is taken to have begun.
  Kind next(Clock::time_point now);
  // When next() may have something.
  Clock::time_point wake_at() const;

  void on_walk_end(std::size_t requests, double tokens_per_second);
  // It begins again after a pause, sooner the first time.
  void on_walk_broken(Clock::time_point now, std::uint64_t random);
  bool walking() const { return walking_; }

 private:
  const std::chrono::milliseconds interval_;
  const std::chrono::milliseconds full_interval_;
  bool walking_ = false;
  bool walked_ = false;  // before the first walk has ended there is nothing to add to
  Clock::time_point full_began_{};
  Clock::time_point next_full_{};
  Clock::time_point next_increment_{};
  Backoff retry_{{.initial = std::chrono::seconds(2), .max = std::chrono::minutes(5)}};
};

}  // namespace kd
