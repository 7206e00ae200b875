#include "dedup/seen_set.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::size_t kFirstSlots = 256;  // a power of two, as is every later size

}  // namespace

SeenSet::Answer SeenSet::insert(const Identity& id, std::int64_t stamp_us, std::int64_t now_us) {
  provisional_ = true;
  const bool beyond = stamp_us > horizon_us_;
  auto& bucket = bucket_of(stamp_us);
  bucket.touched_us = now_us;
  if (!put(bucket, id)) return Answer::kSeen;
  if (bytes_ > options_.max_bytes) shrink_to_bound();
  return beyond ? Answer::kNew : Answer::kUnknown;
}

SeenSet::Bucket& SeenSet::bucket_of(std::int64_t stamp_us) {
  const auto index = stamp_us / options_.bucket_us;
  if (latest_ == nullptr || index != latest_index_) {
    latest_ = &buckets_[index];
    latest_index_ = index;
  }
  return *latest_;
}

// False when it was there.
bool SeenSet::put(Bucket& bucket, Identity id) {
  if (id == Identity{}) id.low = 1;
  if (bucket.used * 2 >= bucket.slots.size()) grow(bucket);
  const auto mask = bucket.slots.size() - 1;
  auto at = id.low & mask;
  while (bucket.slots[at] != Identity{}) {
    if (bucket.slots[at] == id) return false;
    at = (at + 1) & mask;
  }
  bucket.slots[at] = id;
  ++bucket.used;
  return true;
}

void SeenSet::grow(Bucket& bucket) {
  const auto old = std::move(bucket.slots);
  bucket.slots.assign(old.empty() ? kFirstSlots : old.size() * 2, Identity{});
  bytes_ += (bucket.slots.size() - old.size()) * sizeof(Identity);
  const auto mask = bucket.slots.size() - 1;
  for (const auto& id : old) {
    if (id == Identity{}) continue;
    auto at = id.low & mask;
    while (bucket.slots[at] != Identity{}) at = (at + 1) & mask;
    bucket.slots[at] = id;
  }
}

void SeenSet::forget_oldest() {
  const auto oldest = buckets_.begin();
  if (&oldest->second == latest_) latest_ = nullptr;
  horizon_us_ = std::max(horizon_us_, (oldest->first + 1) * options_.bucket_us - 1);
  bytes_ -= oldest->second.slots.size() * sizeof(Identity);
  buckets_.erase(oldest);
}

void SeenSet::shrink_to_bound() {
  while (bytes_ > options_.max_bytes && !buckets_.empty()) forget_oldest();
}

void SeenSet::reset(std::int64_t horizon_us) {
  buckets_.clear();
  latest_ = nullptr;
  bytes_ = 0;
  horizon_us_ = horizon_us;
  provisional_ = false;
}

void SeenSet::expire(std::int64_t now_us) {
  while (!buckets_.empty() && buckets_.begin()->second.touched_us < now_us - options_.window_us) {
    forget_oldest();
  }
}

std::size_t SeenSet::size() const {
  std::size_t total = 0;
  for (const auto& [index, bucket] : buckets_) total += bucket.used;
  return total;
}

}  // namespace kd
