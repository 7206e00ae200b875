#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace kd::sim {

// Whether nothing is missing among very many, looked at a few at a time, round and round. A value.
class Readiness {
 public:
  // `missing(i)` for i below `count`; asked at most `most` times. True once the last `count` in a
  // row were not missing.
  bool look(std::size_t count, std::size_t most, const std::function<bool(std::size_t)>& missing) {
    if (next_ >= count) next_ = 0;
    for (std::size_t i = 0; i < std::min(count, most); ++i) {
      if (missing(next_)) {
        in_a_row_ = 0;
        return false;
      }
      next_ = (next_ + 1) % count;
      ++in_a_row_;
    }
    return in_a_row_ >= count;
  }

 private:
  std::size_t next_ = 0;
  std::size_t in_a_row_ = 0;
};

}  // namespace kd::sim
