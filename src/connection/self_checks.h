#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "base/interner.h"

namespace kd {

// When which market is asked for twice, so that the second snapshot can be compared with the
// first one plus what came between. Pure; confined to one thread.
class SelfChecks {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;
  // The first and the second question of a market lie so far apart.
  static constexpr std::chrono::seconds kLength{30};

  explicit SelfChecks(double markets_per_minute) : per_minute_(markets_per_minute) {}

  void restart(Time now) {
    next_begin_ = now + kLength;  // the first snapshots have come by then
    under_way_.clear();
  }
  // A new check is due; begin() tells with which market.
  bool begin_due(Time now) const { return per_minute_ > 0 && now >= next_begin_; }
  void begin(Id market, Time now) {
    using Minutes = std::chrono::duration<double, std::ratio<60>>;
    next_begin_ =
        now + std::chrono::duration_cast<std::chrono::milliseconds>(Minutes(1 / per_minute_));
    under_way_.push_back({market, now + kLength});
  }
  // The market whose second question is due.
  std::optional<Id> take_end(Time now) {
    if (under_way_.empty() || now < under_way_.front().end) return std::nullopt;
    const auto market = under_way_.front().market;
    under_way_.pop_front();
    return market;
  }

 private:
  struct Check {
    Id market;
    Time end;
  };
  const double per_minute_;
  Time next_begin_{};
  std::deque<Check> under_way_;
};

}  // namespace kd
