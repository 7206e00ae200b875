#pragma once

#include <cstdint>
#include <vector>

#include "base/interner.h"
#include "base/mutex.h"
#include "market/market_table.h"

namespace kd {

// Lifecycle events on their way from the threads that read them to the registry's: per market one
// item that later events are merged into, so that a million events need no more room than the
// markets they name, however slow the reader is. Any thread.
class LifecycleInbox {
 public:
  struct Item {
    Interner::Id id = Interner::kNone;
    LifecycleNews news;
  };
  // True: nothing was waiting, so the reader is to be woken.
  bool put(Interner::Id id, const LifecycleNews& news);
  std::vector<Item> take();

 private:
  Mutex mutex_;
  std::vector<Item> items_ KD_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> places_ KD_GUARDED_BY(mutex_);  // by id: place in items_ + 1, or 0
};

}  // namespace kd
