#pragma once

#include <algorithm>
#include <cstdint>

namespace kd::sim {

// The exchange's read budget of one account. Time is an argument, in milliseconds. A value.
class TokenBucket {
 public:
  TokenBucket(double refill_per_second, double capacity)
      : refill_per_second_(refill_per_second), capacity_(capacity), tokens_(capacity) {}

  bool take(double tokens, std::int64_t now_ms) {
    const auto passed = static_cast<double>(std::max<std::int64_t>(0, now_ms - last_ms_));
    tokens_ =
        std::min(capacity_, tokens_ + (last_ms_ == 0 ? 0 : passed * refill_per_second_ / 1e3));
    last_ms_ = now_ms;
    if (tokens_ < tokens) return false;
    tokens_ -= tokens;
    return true;
  }

 private:
  double refill_per_second_, capacity_, tokens_;
  std::int64_t last_ms_ = 0;
};

}  // namespace kd::sim
