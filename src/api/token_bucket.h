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

  // Takes `cost` tokens when they are there. False: nothing was taken; see wait_for().
  bool take(double cost, Clock::time_point now);
  // How long until `cost` tokens are there; 0 when they are. A cost above the capacity waits for
  // a full bucket.
  std::chrono::milliseconds wait_for(double cost, Clock::time_point now) const;
  // The exchange says that the account has none left: neither have we.
  void drain(Clock::time_point now);

  double available(Clock::time_point now) const;
  // A changed budget; what is in the bucket stays, up to the new capacity.
  void configure(Options options, Clock::time_point now);

 private:
  Options options_;
  double tokens_;
  Clock::time_point at_;
};

}  // namespace kd
