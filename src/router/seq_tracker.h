#pragma once

#include <cstdint>

namespace kd {

// Judges the seq of one subscription stream: it counts everything on the sid, so that two
// contiguous frames prove all its markets complete between them. Pure; a value.
class SeqTracker {
 public:
  enum class Verdict : std::uint8_t {
    kContiguous,
    kGap,        // missing() frames were lost before this one
    kDuplicate,  // at or below the newest seen: not to be applied
  };

  Verdict next(std::int64_t seq) {
    if (last_ != 0 && seq <= last_) return Verdict::kDuplicate;
    missing_ = seq - last_ - 1;  // a stream starts at 1
    last_ = seq;
    return missing_ == 0 ? Verdict::kContiguous : Verdict::kGap;
  }

  std::int64_t last() const { return last_; }
  std::int64_t missing() const { return missing_; }

 private:
  std::int64_t last_ = 0;
  std::int64_t missing_ = 0;
};

}  // namespace kd
