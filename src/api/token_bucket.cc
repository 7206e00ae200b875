#include "api/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace kd {

double TokenBucket::available(Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - at_;
  return std::min(options_.capacity, tokens_ + passed.count() * options_.refill_per_second);
}

std::chrono::milliseconds TokenBucket::take(double cost, Clock::time_point now) {
  tokens_ = available(now) - cost;
  at_ = now;
  if (tokens_ >= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(-tokens_ / options_.refill_per_second * 1000)));
}

void TokenBucket::configure(Options options, Clock::time_point now) {
  tokens_ = std::min(available(now), options.capacity);
  at_ = now;
  options_ = options;
}

}  // namespace kd
