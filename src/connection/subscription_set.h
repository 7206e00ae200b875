#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "connection/id_table.h"

namespace kd {

// Which books one connection shall hold, and the commands that make it so: subscribe once, then
// add and delete in batches, each repeated until it holds. Pure: time is an argument; no I/O.
// About 13 bytes per market, and 4 more while it waits. Confined to one thread.
//
// - An answer that refuses several markets splits them, so that one bad ticker does not keep the
//   others out; a market that is refused alone is asked for again after refused_retry.
// - A refusal because the subscription is full halves the command until it fits, then down to a
//   single market: that is the limit, and what does not fit is given back by take_excess().
class SubscriptionSet {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::size_t tickers_per_command = 200;
    std::chrono::milliseconds answer_timeout{10'000};
    std::chrono::milliseconds refused_retry{60'000};
  };
  struct Command {
    enum class Kind : std::uint8_t { kSubscribe, kAdd, kDelete };
    Kind kind{};
    std::int64_t id = 0;
    std::int64_t sid = 0;  // of kAdd and kDelete
    std::vector<Id> markets;
  };

  explicit SubscriptionSet(Options options)
      : options_(options), step_(options.tickers_per_command) {}

  void want(Id market);
  void let_go(Id market);

  // The next command to send, if there is something to do and no answer has to come first.
  std::optional<Command> next(Time now);
  // What was sent and never answered, and what was refused long ago, is to be sent again.
  void expire(Time now);

  // Answers. Each gives the command that it ends, so that the caller can record what it did.
  std::optional<Command> on_subscribed(std::int64_t id, std::int64_t sid);
  std::optional<Command> on_ok(std::int64_t id, std::optional<std::int64_t> sid);
  std::optional<Command> on_error(std::int64_t id, Time now);
  // The command does not fit: the subscription's limit.
  void on_full(std::int64_t id);
  // Refused for now (too many requests, time-out): to be sent again as it was.
  void on_busy(std::int64_t id);
  // The subscription is gone, and with it everything it held.
  void on_lost();

  // Markets above the limit; they are not wanted here any more.
  std::vector<Id> take_excess();
  // The most markets that the subscription takes, once that is known.
  std::optional<std::size_t> limit() const { return limit_; }

  std::optional<std::int64_t> sid() const { return sid_; }
  bool awaits(std::int64_t id) const { return sent_.contains(id); }
  bool awaits_any() const { return !sent_.empty(); }
  bool is_held(Id market) const { return holds(states_.get(market)); }
  std::vector<Id> held_markets() const;
  // One held market after another, around and around; kNone when there is none.
  Id next_held(std::size_t& cursor) const { return states_.next(cursor, holds); }

  std::size_t wanted() const { return wanted_; }
  std::size_t held() const { return held_; }
  std::size_t refused() const { return refused_; }
  // Wanted and not (yet) held.
  std::size_t pending() const { return wanted_ - held_ - refused_; }
  std::size_t bytes() const { return states_.bytes() + to_add_.size() * sizeof(Id); }

 private:
  // The state of a market is kWanted, kRefused, the queues it is in, and one of the phases
  // "out" (0), asked for, held, leaving.
  static constexpr std::uint8_t kWanted = 1;
  static constexpr std::uint8_t kRefused = 2;
  static constexpr std::uint8_t kInAdd = 4;
  static constexpr std::uint8_t kInDelete = 8;
  static constexpr std::uint8_t kAsked = 16;
  static constexpr std::uint8_t kHeld = 32;
  static constexpr std::uint8_t kLeaving = 64;
  static constexpr std::uint8_t kPhase = kAsked | kHeld | kLeaving;
  static bool holds(std::uint8_t state) { return (state & (kHeld | kWanted)) == (kHeld | kWanted); }

  struct Sent {
    Command command;
    Time at;
  };
  void put(Id market, std::uint8_t state);
  void set_phase(Id market, std::uint8_t phase);
  void queue_add(Id market, bool first = false);
  void queue_delete(Id market);
  std::vector<Id> take_adds();
  std::vector<Id> take_deletes();
  std::size_t room() const;
  bool adds_wait() const;
  Command send(Command::Kind kind, std::vector<Id> markets, Time now);
  void retry(const Command& command, bool first);
  void split(const std::vector<Id>& markets);
  void join_parts();
  std::optional<Command> settle(std::int64_t id);

  const Options options_;
  IdTable states_;
  std::size_t wanted_ = 0;
  std::size_t held_ = 0;
  std::size_t refused_ = 0;
  std::size_t occupied_ = 0;  // asked for, held or leaving: what the exchange may count
  Time last_refusal_{};
  std::deque<Id> to_add_;
  std::deque<Id> to_delete_;
  std::deque<std::vector<Id>> parts_;  // of refused commands; each is a command of its own
  std::unordered_map<std::int64_t, Sent> sent_;
  std::optional<std::int64_t> sid_;
  std::int64_t next_id_ = 1;
  bool subscribing_ = false;
  std::size_t step_;                  // markets per command while the limit is searched for
  std::optional<std::size_t> limit_;  // found
};

}  // namespace kd
