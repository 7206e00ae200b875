#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/backoff.h"
#include "base/interner.h"

namespace kd {

// Markets that REST is to be asked about by name. One that was just announced may not be there
// yet and is asked for again; one that a walk missed is there or is not.
// Pure: time is an argument. Not thread-safe.
class LookUps {
 public:
  using Id = Interner::Id;
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kBatch = 100;  // markets in one request
  static constexpr int kTries = 12;           // for an announced one; about five minutes

  void add(Id id, bool announced, Clock::time_point now);
  // Those to ask for now, at most a batch; empty: none. They stay under way until told of.
  std::vector<Id> next(Clock::time_point now);
  std::optional<Clock::time_point> wake_at() const;

  void on_found(Id id) { items_.erase(id); }
  // The exchange answered, and does not know it. True: that is final.
  bool on_missing(Id id, Clock::time_point now, std::uint64_t random);
  // No answer that says anything: asked for again.
  void on_failed(Id id, Clock::time_point now, std::uint64_t random);

  std::size_t size() const { return items_.size(); }

 private:
  struct Item {
    bool announced = false;
    int missing = 0;
    Backoff backoff{{.initial = std::chrono::seconds(1), .max = std::chrono::minutes(1)}};
  };
  void again(Id id, Clock::time_point now, std::uint64_t random);

  std::unordered_map<Id, Item> items_;
  std::multimap<Clock::time_point, Id> due_;  // not under way
};

}  // namespace kd
