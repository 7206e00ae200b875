#pragma once

#include <chrono>

#include "base/time.h"

namespace kd {

// Now, by the clock that never jumps and by the one that is written down.
struct Moment {
  std::chrono::steady_clock::time_point steady{};
  Micros wall{};

  static Moment now() { return {std::chrono::steady_clock::now(), wall_now()}; }
};

}  // namespace kd
