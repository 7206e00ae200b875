#pragma once

#include <chrono>

namespace kd {

// The exchange's read budget, kept on our side so that it never has to refuse us.
// Pure: time is an argument. Not thread-safe.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    double refill_per_second = 200;
    double capacity = 600;
  };
  TokenBucket(Options options, Clock::time_point now)
      : options_(options), tokens_(options.capacity), at_(now) {}

  // Takes `cost` tokens, now or in future; how long to wait before the request may be sent.
  std::chrono::milliseconds take(double cost, Clock::time_point now);

  double available(Clock::time_point now) const;
  // A changed budget; what is in the bucket stays, up to the new capacity.
  void configure(Options options, Clock::time_point now);

 private:
  Options options_;
  double tokens_;  // negative: promised to waiting requests
  Clock::time_point at_;
};

}  // namespace kd
