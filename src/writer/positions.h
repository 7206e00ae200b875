#pragma once

#include <algorithm>
#include <cstdint>

namespace kd {

// Assigns `position`: strictly increasing in commit order, near the clock, and never run away
// with by one (design invariant 2). Pure: time is an argument. One per table.
class Positions {
 public:
  // `stored`: the highest position the table has, or that has been acknowledged; 0: none.
  explicit Positions(std::int64_t stored) : last_(stored) {}

  // The first of `rows` consecutive positions. `exchange_us`: the newest time that the exchange
  // has told; 0: none yet, and since our own clock is worth nothing alone, the next number.
  std::int64_t take(std::int64_t rows, std::int64_t now_us, std::int64_t exchange_us) {
    constexpr std::int64_t kLead = 60'000'000;  // how far our clock may be ahead of the exchange's
    const auto clock = exchange_us > 0 ? std::min(now_us, exchange_us + kLead) : 0;
    const auto first = std::max(last_ + 1, clock);
    last_ = first + rows - 1;
    return first;
  }

  std::int64_t last() const { return last_; }

 private:
  std::int64_t last_;
};

}  // namespace kd
