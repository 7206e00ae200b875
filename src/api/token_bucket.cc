#include "api/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace kd {

double TokenBucket::available(Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - at_;
  return std::min(options_.capacity, tokens_ + passed.count() * options_.refill_per_second);
}

bool TokenBucket::take(double cost, Clock::time_point now) {
  if (wait_for(cost, now).count() > 0) return false;
  tokens_ = available(now) - cost;
  at_ = now;
  return true;
}

std::chrono::milliseconds TokenBucket::wait_for(double cost, Clock::time_point now) const {
  const double missing = std::min(cost, options_.capacity) - available(now);
  if (missing <= 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(missing / options_.refill_per_second * 1000)));
}

void TokenBucket::drain(Clock::time_point now) {
  tokens_ = std::min(available(now), 0.0);
  at_ = now;
}

void TokenBucket::configure(Options options, Clock::time_point now) {
  tokens_ = std::min(available(now), options.capacity);
  at_ = now;
  options_ = options;
}

}  // namespace kd
