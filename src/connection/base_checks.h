#pragma once

#include <chrono>
#include <deque>
#include <utility>
#include <vector>

#include "base/interner.h"

namespace kd {

// When to look whether the markets of a command have their snapshots: some time after its answer,
// and not while snapshots still stream in. Pure; confined to one thread.
class BaseChecks {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;

  void look(std::vector<Id> markets, Time at) { waiting_.push_back({std::move(markets), at}); }
  void clear() { waiting_.clear(); }

  // Markets to look at now. `last_snapshot` is when the connection last brought one.
  std::vector<Id> take_due(Time now, Time last_snapshot) {
    std::vector<Id> due;
    const bool streaming = now - last_snapshot < kStreaming;
    for (auto left = waiting_.size(); left > 0; --left) {
      auto entry = std::move(waiting_.front());
      waiting_.pop_front();
      if (now < entry.at || (streaming && now < entry.at + kMostPatience)) {
        waiting_.push_back(std::move(entry));
      } else {
        due.insert(due.end(), entry.markets.begin(), entry.markets.end());
      }
    }
    return due;
  }

 private:
  static constexpr std::chrono::seconds kStreaming{2};
  static constexpr std::chrono::seconds kMostPatience{30};
  struct Entry {
    std::vector<Id> markets;
    Time at;
  };
  std::deque<Entry> waiting_;
};

}  // namespace kd
