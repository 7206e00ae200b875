#pragma once

#include <algorithm>
#include <cstdint>

namespace kd::sim {

// The exchange's time as the simulator shows it; real time is an argument. It stands still until
// run(), then goes `speed` times as fast as life, and never back. A value.
class SimClock {
 public:
  void hold(std::int64_t ms) {
    speed_ = 0;
    origin_ms_ = ms;
  }
  void run(std::int64_t from_ms, std::int64_t real_ms, double speed) {
    origin_ms_ = from_ms;
    origin_real_ms_ = real_ms;
    speed_ = speed;
  }
  // At least `ms` from now on: for a replay that goes as fast as it can.
  void advance_to(std::int64_t ms, std::int64_t real_ms) {
    if (ms > now(real_ms)) run(ms - skew_ms_, real_ms, speed_);
  }
  // Shows so much more than it should from now on. Where it would have to go back it stands still
  // until it is right.
  void skew_by(std::int64_t ms, std::int64_t real_ms) {
    least_ms_ = now(real_ms);
    skew_ms_ = ms;
  }
  std::int64_t skew() const { return skew_ms_; }
  std::int64_t now(std::int64_t real_ms) const {
    const auto passed = static_cast<double>(std::max<std::int64_t>(0, real_ms - origin_real_ms_));
    const auto ms = origin_ms_ + static_cast<std::int64_t>(passed * speed_);
    return std::max(least_ms_, ms + skew_ms_);
  }

 private:
  std::int64_t origin_ms_ = 0;
  std::int64_t origin_real_ms_ = 0;
  double speed_ = 0;
  std::int64_t skew_ms_ = 0;
  std::int64_t least_ms_ = INT64_MIN;
};

}  // namespace kd::sim
