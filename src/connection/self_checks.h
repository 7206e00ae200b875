#pragma once

#include <chrono>

namespace kd {

// When the next market is asked for to compare its book with what its changes have made of the
// last snapshot. Pure; confined to one thread.
class SelfChecks {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // The first snapshots have come by then.
  static constexpr std::chrono::seconds kFirst{10};

  explicit SelfChecks(double markets_per_minute) : per_minute_(markets_per_minute) {}

  void restart(Time now) { next_ = now + kFirst; }
  bool due(Time now) const { return per_minute_ > 0 && now >= next_; }
  void asked(Time now) {
    using Minutes = std::chrono::duration<double, std::ratio<60>>;
    next_ = now + std::chrono::duration_cast<std::chrono::milliseconds>(Minutes(1 / per_minute_));
  }

 private:
  const double per_minute_;
  Time next_{};
};

}  // namespace kd
