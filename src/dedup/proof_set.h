#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "dedup/merge.h"
#include "dedup/page.h"

namespace kd {

// Up to when one stream is proven complete. Exchange time; `at_us` is the gatherer's clock, and
// its position instead where that clock had run away.
struct MergedProof {
  std::int64_t proven_until_us = 0;
  std::int64_t at_us = 0;
};

// The newest proof of each stream among any number of watermark rows. Confined to one thread.
class ProofSet {
 public:
  using Key = std::pair<std::size_t, std::int64_t>;  // gatherer, stream

  // Rows that are no watermarks are refused.
  void add(const Page& page, std::int64_t now_us, std::vector<RefusedRow>& refused);
  void add(const ProofSet& other);
  void clear() { newest_.clear(); }

  const std::map<Key, MergedProof>& newest() const { return newest_; }

 private:
  void add(const Key& key, const MergedProof& proof);

  std::map<Key, MergedProof> newest_;
  std::vector<std::int64_t> streams_;
  std::vector<std::int64_t> proven_;
};

}  // namespace kd
