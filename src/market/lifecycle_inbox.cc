#include "market/lifecycle_inbox.h"

namespace kd {
namespace {

void merge(LifecycleNews& into, const LifecycleNews& later) {
  constexpr std::uint8_t kPause = LifecycleNews::kActivated | LifecycleNews::kDeactivated;
  if ((later.kinds & kPause) != 0) into.kinds &= static_cast<std::uint8_t>(~kPause);
  into.kinds |= later.kinds;
  if (later.open_s != 0) into.open_s = later.open_s;
  if (later.close_s != 0) into.close_s = later.close_s;
}

}  // namespace

bool LifecycleInbox::put(Interner::Id id, const LifecycleNews& news) {
  const MutexLock lock(mutex_);
  if (id >= places_.size()) places_.resize(id + 1U + id / 4U);
  auto& place = places_[id];
  if (place != 0) {
    merge(items_[place - 1].news, news);
    return false;
  }
  items_.push_back({id, news});
  place = static_cast<std::uint32_t>(items_.size());
  return items_.size() == 1;
}

std::vector<LifecycleInbox::Item> LifecycleInbox::take() {
  const MutexLock lock(mutex_);
  for (const auto& item : items_) places_[item.id] = 0;
  std::vector<Item> taken;
  taken.swap(items_);
  return taken;
}

}  // namespace kd
