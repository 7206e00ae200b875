#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace kd {

// What was received and is not on the tape. A value.
struct TapeLoss {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  // of text: of frames, and of commands and the like
  Micros from{};  // earliest and latest receive time; without meaning when nothing is lost
  Micros to{};

  bool any() const { return bytes > 0 || frames > 0; }

  void add(const TapeLoss& other) {
    if (!other.any()) return;
    from = any() ? std::min(from, other.from) : other.from;
    to = any() ? std::max(to, other.to) : other.to;
    frames += other.frames;
    bytes += other.bytes;
  }
};

}  // namespace kd
