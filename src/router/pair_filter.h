#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/messages.h"

namespace kd {

// Knows what the twin of a global socket has brought already: trades and tickers of the last
// kWindow, by 128-bit identity. A copy that comes later than that is stored twice, which the
// merge of gatherers undoes; so the filter saves space and never decides what exists.
//
// Two generations of open addressing, no allocation once grown. Confined to one thread.
class PairFilter {
 public:
  static constexpr std::chrono::seconds kWindow{30};  // one generation
  static constexpr std::size_t kMost = 1 << 18;       // entries of one generation: 4 MiB

  // True when this is its first appearance. `received` does not step back by much.
  bool first(const Trade& trade, Micros received);
  // `occurrence`: of the row within its own stream.
  bool first(const TickerUpdate& ticker, std::int64_t content_hash, std::int16_t occurrence,
             Micros received);

 private:
  struct Key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;  // both 0: a free slot
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Generation {
    std::vector<Key> slots;
    std::size_t used = 0;
    bool contains(const Key& key) const;
    void insert(const Key& key);
    void grow();
  };
  bool first(Key key, Micros received);
  static std::size_t slot_of(const std::vector<Key>& slots, const Key& key);

  Generation current_;
  Generation previous_;
  Micros began_{};
};

}  // namespace kd
