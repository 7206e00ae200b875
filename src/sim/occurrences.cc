#include "sim/occurrences.h"

#include <utility>

namespace kd::sim {

std::size_t Occurrences::Hash::operator()(const Key& key) const {
  std::uint64_t hash = static_cast<std::uint64_t>(key.ts_ms) * 0x9e3779b97f4a7c15;
  hash = (hash ^ key.market) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 29) ^ static_cast<std::uint64_t>(key.size)) * 0x94d049bb133111eb;
  hash ^= static_cast<std::uint64_t>(key.price) * 2 + (key.yes ? 1 : 0);
  return static_cast<std::size_t>(hash ^ (hash >> 31));
}

int Occurrences::next(const FeedEvent& delta) {
  const Key key{delta.market, delta.price, delta.yes, delta.ts_ms, delta.size};
  auto [at, is_new] = newer_.try_emplace(key, 0);
  if (!is_new) return ++at->second;
  if (const auto before = older_.find(key); before != older_.end()) {
    at->second = before->second + 1;
  }
  const int number = at->second;
  if (newer_.size() >= kept_) {
    older_ = std::exchange(newer_, {});
    newer_.reserve(kept_);
  }
  return number;
}

}  // namespace kd::sim
