#pragma once

#include <cstdint>
#include <unordered_map>

#include "sim/feed_event.h"

namespace kd::sim {

// Numbers equal deltas (market, millisecond, side, price, change) 0, 1, 2 … Remembers at least
// the last `kept` deltas, so that a feed whose time steps back a little is numbered on, not anew.
class Occurrences {
 public:
  explicit Occurrences(std::size_t kept = 500'000) : kept_(kept) {}

  int next(const FeedEvent& delta);

 private:
  struct Key {
    MarketIndex market;
    std::int32_t price;
    bool yes;
    std::int64_t ts_ms, size;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using Counts = std::unordered_map<Key, int, Hash>;

  const std::size_t kept_;
  Counts newer_, older_;  // older_ is dropped whole when newer_ is full
};

}  // namespace kd::sim
