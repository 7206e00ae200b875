#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/time.h"
#include "codec/rest_decoder.h"

namespace kd {

// What America/New_York's clocks are behind UTC: 4 hours from the second Sunday of March to the
// first of November, else 5. (US law of 2007; the C++ library here has no time zones.)
std::chrono::hours eastern_behind_utc(Micros at);

// Whether the exchange is open, as /exchange/status and /exchange/schedule say, and when to ask
// again. Pure: time is an argument. Not thread-safe.
//
// Without a word about it the weekly pause is Thursday 03:00 to 05:00 in New York.
class ExchangeHours {
 public:
  using Clock = std::chrono::steady_clock;
  explicit ExchangeHours(std::chrono::milliseconds status_interval) : interval_(status_interval) {}

  bool status_due(Clock::time_point now) const { return now >= next_status_; }
  Clock::time_point next_status() const { return next_status_; }
  // Until its answer nothing more is asked.
  void on_asked() { next_status_ = Clock::time_point::max(); }
  void on_status(const ExchangeStatus& status, Micros wall, Clock::time_point now);
  // No answer says nothing about the exchange.
  void on_status_failed(Clock::time_point now) { next_status_ = now + interval_; }
  void on_schedule(std::vector<TimeWindow> windows) { windows_ = std::move(windows); }

  // No part of the exchange trades.
  bool paused() const { return paused_; }
  // Parts (shards) of the exchange, and those that do not trade.
  std::size_t shards() const { return shards_; }
  std::size_t shards_paused() const { return shards_paused_; }
  bool in_maintenance(Micros wall) const;

 private:
  // A resume time in the past, or none, must not make us ask without a pause.
  static constexpr std::chrono::seconds kShortest{30};

  const std::chrono::milliseconds interval_;
  Clock::time_point next_status_{};
  std::vector<TimeWindow> windows_;
  bool paused_ = false;
  std::size_t shards_ = 1;
  std::size_t shards_paused_ = 0;
};

}  // namespace kd
