#pragma once

#include <chrono>
#include <cstdint>

#include "base/backoff.h"

namespace kd {

// How a REST request ended.
struct RestOutcome {
  int status = 0;  // 0: no answer (network error, time-out)
};

// Which answers are worth another try: none for 400, 401, 403, 404; 429 and 5xx and no answer
// are, up to `max_retries` times, waiting longer each time. Pure.
class RetryPolicy {
 public:
  RetryPolicy(int max_retries, std::chrono::milliseconds initial)
      : max_retries_(max_retries),
        backoff_({.initial = initial, .max = std::chrono::seconds(30)}) {}

  struct Decision {
    bool again = false;
    std::chrono::milliseconds wait{0};
  };
  Decision after(RestOutcome outcome, std::uint64_t random) {
    const bool worth = outcome.status == 0 || outcome.status == 429 || outcome.status >= 500;
    if (!worth || tries_ >= max_retries_) return {};
    ++tries_;
    return {true, backoff_.next(random)};
  }

 private:
  const int max_retries_;
  int tries_ = 0;
  Backoff backoff_;
};

}  // namespace kd
