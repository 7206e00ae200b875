#pragma once

#include <chrono>
#include <cstdint>

namespace kd {

// Waits before the next try: doubling from `initial` to `max`, each drawn uniformly from
// [0, that wait] ("full jitter"), so that many clients do not come back at once.
// A value; the caller brings the randomness.
class Backoff {
 public:
  struct Options {
    std::chrono::milliseconds initial{1'000};
    std::chrono::milliseconds max{300'000};
  };
  explicit Backoff(Options options) : options_(options), ceiling_(options.initial) {}

  // `random` is uniform over all 64-bit values. Never overflows, however often it is called.
  std::chrono::milliseconds next(std::uint64_t random);
  // After a success that proves the other side works.
  void reset() { ceiling_ = options_.initial; }

 private:
  Options options_;
  std::chrono::milliseconds ceiling_;
};

}  // namespace kd
