#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/interner.h"
#include "base/paged_array.h"

namespace kd {

// Which books are asked for next, and when: every open market once in each cycle. A market never
// polled goes first, as soon as its batch is full or a moment old; a cycle takes those that failed
// in the last one, then the others, the one polled longest ago first. The next cycle begins an
// interval after the last began, or when that has ended: cycles never overlap.
// About 12 bytes a market. Pure: time is an argument. Not thread-safe.
class Sweep {
 public:
  using Id = Interner::Id;
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kBatch = 100;  // the most that one request may name
  static constexpr std::chrono::seconds kLinger{1};

  Sweep(std::chrono::milliseconds interval, Clock::time_point first_cycle)
      : interval_(interval), next_cycle_(first_cycle) {}

  void add(std::span<const Id> ids, Clock::time_point now);
  void remove(std::span<const Id> ids);

  struct Batch {
    std::vector<Id> ids;
    bool fresh = false;
    bool empty() const { return ids.empty(); }
  };
  // What to ask for now; empty: nothing is due.
  Batch next(Clock::time_point now);
  // When next() has something; absent while only an answer can bring it.
  std::optional<Clock::time_point> wake_at() const;
  // A batch was answered (or not): its markets have been polled, or are first in the next cycle.
  void on_done(const Batch& batch, bool polled, Clock::time_point now);
  // How long the cycle took that ended since this was last asked.
  std::optional<Clock::duration> take_finished();

  std::size_t active() const { return active_; }
  // Of the active markets, those polled within the last interval.
  std::size_t polled(Clock::time_point now);
  // The same as a share; 1 when there is none to poll.
  double coverage(Clock::time_point now);
  std::size_t bytes() const;  // of memory, about

 private:
  static constexpr std::uint16_t kSlots = 60;  // of an interval
  static constexpr std::uint16_t kNoSlot = 0xffff;
  struct State {
    bool active = false;
    bool listed = false;           // in one of the lists below, or under way
    std::uint16_t slot = kNoSlot;  // when it was polled last
  };

  void begin_cycle(Clock::time_point now);
  void end_cycle_if_done(Clock::time_point now);
  bool fresh_is_due(Clock::time_point now) const;
  template <typename List>
  void fill(List& from, std::vector<Id>& batch);
  void expire(Clock::time_point now);
  void forget(State& state);

  const std::chrono::milliseconds interval_;
  Clock::time_point next_cycle_;
  Clock::time_point began_{};
  Clock::time_point fresh_since_{};
  bool running_ = false;
  std::size_t under_way_ = 0;  // batches of the cycle
  std::optional<Clock::duration> finished_;
  std::deque<Id> fresh_;    // never polled
  std::deque<Id> current_;  // left of this cycle
  std::vector<Id> failed_;  // for the next cycle
  std::vector<Id> done_;    // the same, behind them
  PagedArray<State> states_;
  std::size_t active_ = 0;
  std::array<std::size_t, kSlots> slots_{};  // markets by when they were polled last
  std::uint64_t newest_slot_ = 0;
};

}  // namespace kd
