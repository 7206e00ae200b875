#include "market/due_times.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace kd {

void DueTimes::Bucket::sort() {
  if (!sorted) std::sort(items.begin(), items.end(), std::greater<>());
  sorted = true;
}

void DueTimes::add(std::uint32_t at_s, Id id) {
  auto& bucket = buckets_[at_s / kBucket];
  bucket.items.emplace_back(at_s, id);
  bucket.sorted = false;
  ++size_;
}

std::vector<DueTimes::Id> DueTimes::take(std::uint32_t now_s) {
  std::vector<Id> due;
  while (!buckets_.empty() && buckets_.begin()->first <= now_s / kBucket) {
    auto& bucket = buckets_.begin()->second;
    bucket.sort();
    while (!bucket.items.empty() && bucket.items.back().first <= now_s) {
      due.push_back(bucket.items.back().second);
      bucket.items.pop_back();
    }
    if (!bucket.items.empty()) break;
    buckets_.erase(buckets_.begin());
  }
  size_ -= due.size();
  return due;
}

std::uint32_t DueTimes::next_s() {
  if (buckets_.empty()) return std::numeric_limits<std::uint32_t>::max();
  auto& bucket = buckets_.begin()->second;
  bucket.sort();
  return bucket.items.back().first;
}

}  // namespace kd
