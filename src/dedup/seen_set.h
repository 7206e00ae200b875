#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "dedup/identity.h"

namespace kd {

// Remembers which rows of one table are in production, and knows how far back it knows all.
//
// Every row of production with a stamp beyond the horizon is in the set; so a row beyond it that
// is not in the set is new for sure, and may be written without asking the database.
// At start nothing is in the set and the horizon is production's newest stamp. Forgetting moves
// the horizon up. Bounded in bytes and in time. Confined to one thread.
//
// Rows of a round that has not been committed are provisional: after insert() only confirm()
// makes them count; reset() forgets everything, and is the answer to every error.
class SeenSet {
 public:
  struct Options {
    std::int64_t window_us = 600'000'000;  // a bucket nobody touched for so long is forgotten
    std::size_t max_bytes = 1UL << 30;
    std::int64_t bucket_us = 10'000'000;  // exchange time per bucket
  };
  enum class Answer : std::uint8_t {
    kSeen,     // in production, or earlier in this round
    kNew,      // surely not in production
    kUnknown,  // at or below the horizon: production must be asked
  };

  static constexpr std::int64_t kNothingStored = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kKnowsNothing = std::numeric_limits<std::int64_t>::max();

  explicit SeenSet(Options options) : options_(options) {}

  // Says what is known of a row with this identity and stamp, and remembers it.
  Answer insert(const Identity& id, std::int64_t stamp_us, std::int64_t now_us);

  // The round with the rows inserted since was committed.
  void confirm() { provisional_ = false; }
  bool provisional() const { return provisional_; }

  // Forgets everything. `horizon_us`: production's newest stamp, kNothingStored when it is empty.
  void reset(std::int64_t horizon_us);

  // Forgets the oldest buckets that were not touched within the window.
  void expire(std::int64_t now_us);

  std::int64_t horizon_us() const { return horizon_us_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const;

 private:
  struct Bucket {
    std::vector<Identity> slots;  // open addressing; zero: free
    std::size_t used = 0;
    std::int64_t touched_us = 0;
  };
  using Buckets = std::map<std::int64_t, Bucket>;

  Bucket& bucket_of(std::int64_t stamp_us);
  bool put(Bucket& bucket, Identity id);
  void grow(Bucket& bucket);
  void forget_oldest();
  void shrink_to_bound();

  const Options options_;
  Buckets buckets_;
  Bucket* latest_ = nullptr;  // of `latest_index_`: neighbouring rows share a bucket
  std::int64_t latest_index_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t horizon_us_ = kKnowsNothing;
  bool provisional_ = false;
};

}  // namespace kd
