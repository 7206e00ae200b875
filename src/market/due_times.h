#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/interner.h"

namespace kd {

// When something is to be done about a market, for a million of them: 8 bytes each. Nothing is
// ever taken back; who is told that a time has come looks whether it still holds.
// Seconds are Unix seconds. Pure; confined to one thread.
class DueTimes {
 public:
  using Id = Interner::Id;

  void add(std::uint32_t at_s, Id id);
  // Those whose time has come, each once per time it was added.
  std::vector<Id> take(std::uint32_t now_s);
  // Not before this moment is anything due; the greatest number when nothing ever is.
  std::uint32_t next_s();
  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kBucket = 64;  // seconds
  struct Bucket {
    std::vector<std::pair<std::uint32_t, Id>> items;
    bool sorted = false;  // latest first; only done to the bucket whose time has come
    void sort();
  };
  std::map<std::uint32_t, Bucket> buckets_;
  std::size_t size_ = 0;
};

}  // namespace kd
