#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/backoff.h"

namespace kd {

// When the lists of markets are read again. Every `interval` either what changed since, or
// everything: a full walk begins when `interval` and ten times the tokens that the last one cost
// have come in since it began, so that full walks use a tenth of the read budget at most. One that
// broke off is repeated soon. Pure: time is an argument. Not thread-safe.
class ReconcilePlan {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Kind : std::uint8_t { kNothing, kFullWalk, kIncrement };

  explicit ReconcilePlan(std::chrono::milliseconds interval) : interval_(interval) {}

  // What to begin now; it is taken to have begun.
  Kind next(Clock::time_point now) {
    if (running_ || now < next_) return Kind::kNothing;
    running_ = true;
    next_ = now + interval_;
    if (now < next_full_) return Kind::kIncrement;
    full_began_ = now;
    return Kind::kFullWalk;
  }
  // Something may have been missed: the next one begins as soon as none is running.
  void hurry() { next_ = {}; }
  Clock::time_point wake_at() const { return running_ ? Clock::time_point::max() : next_; }

  void on_increment_end() { running_ = false; }  // one that failed is made up for by the next
  void on_walk_end(std::size_t pages, double tokens_per_second) {
    constexpr double kPageCost = 10;  // tokens
    constexpr double kShare = 10;
    const std::chrono::duration<double> cost(static_cast<double>(pages) * kPageCost * kShare /
                                             std::max(tokens_per_second, 0.001));
    next_full_ =
        full_began_ + std::max(interval_, std::chrono::ceil<std::chrono::milliseconds>(cost));
    retry_.reset();
    running_ = false;
  }
  void on_walk_broken(Clock::time_point now, std::uint64_t random) {
    next_ = now + std::min(interval_, retry_.next(random));
    next_full_ = next_;
    running_ = false;
  }

 private:
  const std::chrono::milliseconds interval_;
  bool running_ = false;
  Clock::time_point next_{};
  Clock::time_point next_full_{};
  Clock::time_point full_began_{};
  Backoff retry_{{.initial = std::chrono::seconds(2), .max = std::chrono::minutes(1)}};
};

}  // namespace kd
