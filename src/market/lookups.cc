#include "market/lookups.h"

#include <algorithm>

namespace kd {

void LookUps::add(Id id, bool announced, Clock::time_point now) {
  const auto [item, is_new] = items_.try_emplace(id);
  item->second.announced = item->second.announced || announced;
  if (is_new) due_.emplace(now, id);
}

std::vector<LookUps::Id> LookUps::next(Clock::time_point now) {
  std::vector<Id> batch;
  while (batch.size() < kBatch && !due_.empty() && due_.begin()->first <= now) {
    batch.push_back(due_.begin()->second);
    due_.erase(due_.begin());
  }
  return batch;
}

std::optional<LookUps::Clock::time_point> LookUps::wake_at() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

// A market is not there sooner for being asked for at once.
void LookUps::again(Id id, Clock::time_point now, std::uint64_t random) {
  const auto wait = std::max(items_.at(id).backoff.next(random), std::chrono::milliseconds(500));
  due_.emplace(now + wait, id);
}

bool LookUps::on_missing(Id id, Clock::time_point now, std::uint64_t random) {
  auto& item = items_.at(id);
  if (!item.announced || ++item.missing >= kTries) {
    items_.erase(id);
    return true;
  }
  again(id, now, random);
  return false;
}

void LookUps::on_failed(Id id, Clock::time_point now, std::uint64_t random) {
  again(id, now, random);
}

}  // namespace kd
