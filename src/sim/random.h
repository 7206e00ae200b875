#pragma once

#include <cstdint>
#include <string>

namespace kd::sim {

// xoshiro256**: fast, and the same numbers from the same seed on every machine, which the
// standard library's distributions do not promise. A value.
class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // 0 to n - 1; n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  // 0 up to, not including, 1.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return uniform() < probability; }
  // 1 with probability 1 - go_on, 2 with (1 - go_on) * go_on, …; at most `most`.
  int run_length(double go_on, int most);
  std::string uuid();

 private:
  std::uint64_t state_[4];
};

}  // namespace kd::sim
