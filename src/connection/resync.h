#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "connection/id_table.h"
#include "connection/snapshot_budget.h"

namespace kd {

// New bases for the books of one subscription: which markets are to be asked for with
// get_snapshot, in slices, one outstanding. Every snapshot that comes is a base, asked for or
// not. Pure: time is an argument; no I/O. Confined to one thread.
//
// - A slice that brings nothing for `timeout` is asked for again. Two in a row that bring nothing
//   at all prove that the subscription is dead: if they name several markets that were sent
//   before, or if the whole connection is silent. Markets on whose silence that was concluded once
//   are suspects: they prove nothing any more, until their snapshot comes. So a market that the
//   exchange does not answer for costs one connection, and not one after another.
// - A market that does not come in three slices is given up, so that it does not hold up others.
// - A refused slice is halved until only the refused market is left, which is given up.
class Resync {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::size_t slice = 200;
    std::chrono::milliseconds timeout{5'000};
    // A refused slice still brings what was not refused, but is not waited for longer than this.
    std::chrono::milliseconds after_refusal{250};
  };
  enum class Why : std::uint8_t {
    kLost,     // its base is stale: frames are missing
    kMissing,  // it never had one
  };
  struct Slice {
    std::int64_t id = 0;
    std::vector<Id> markets;
  };

  // The budget must outlive this.
  Resync(Options options, SnapshotBudget& budget) : options_(options), budget_(budget) {}
  ~Resync() { clear(); }
  Resync(const Resync&) = delete;
  Resync& operator=(const Resync&) = delete;

  // A market that is being asked for already is not asked for once more: its answer comes behind
  // whatever was lost.
  void need(Id market, Why why);
  void forget(Id market);
  // The subscription ended. Suspects stay.
  void clear();
  void suspect(Id market) { suspects_.set(market, 1); }
  bool is_suspect(Id market) const { return suspects_.get(market) != 0; }

  // The slice to ask for with the command `id`, if one is due and the budget gives room.
  std::optional<Slice> next(std::int64_t id, Time now);
  // True: this was the base that the market waited for.
  bool on_snapshot(Id market, Time now);
  bool is_slice(std::int64_t id) const { return outstanding_ > 0 && id == id_; }
  void on_refused(Time now);
  void on_busy();
  // False: the subscription is dead. `heard` is when its connection last brought a message.
  bool expire(Time now, Time heard);

  // Markets that had lost their base and have a new one; only told when no slice is under way.
  std::vector<Id> take_healed();
  std::vector<Id> take_given_up();

  bool idle() const { return states_.size() == 0; }
  // Snapshots need not be told.
  bool indifferent() const { return idle() && suspects_.size() == 0; }
  // Something is to be asked for and nothing is outstanding: the budget may be used up.
  bool hungry() const { return outstanding_ == 0 && states_.size() > 0; }
  // The rest of a refused slice is being waited for: expire() is to be called soon.
  bool waits_after_refusal() const { return outstanding_ > 0 && refused_; }
  std::size_t waiting() const { return states_.size(); }

 private:
  static constexpr std::uint8_t kPending = 1;
  static constexpr std::uint8_t kAsked = 2;
  static constexpr std::uint8_t kLost = 4;
  static constexpr std::uint8_t kTry = 8;  // the tries are counted from this bit on
  static constexpr int kMostTries = 3;

  std::vector<Id> take(std::size_t most);
  std::vector<Id> unanswered() const;
  bool proves_death(const std::vector<Id>& rest, Time heard) const;
  void end_slice();
  void ask_again(Id market, bool counts);

  const Options options_;
  SnapshotBudget& budget_;
  IdTable states_;
  IdTable suspects_;
  std::deque<Id> pending_;            // may name markets that are not pending any more
  std::deque<std::deque<Id>> parts_;  // of refused slices
  std::int64_t id_ = 0;
  std::vector<Id> slice_;
  std::size_t outstanding_ = 0;  // of slice_
  Time asked_at_{};
  Time progress_at_{};
  bool refused_ = false;
  int silent_slices_ = 0;
  std::vector<Id> healed_;
  std::vector<Id> given_up_;
};

}  // namespace kd
