#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kd {

// Which books one connection shall hold, and the commands that make it so: subscribe once, then
// add and delete in batches, each repeated until it holds. Pure: time is an argument; no I/O.
// Confined to one thread.
//
// An answer that refuses several markets splits them, so that one bad ticker does not keep the
// others out; a market that is refused alone is asked for again after refused_retry.
class SubscriptionSet {
 public:
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
    std::vector<std::string> tickers;
  };

  explicit SubscriptionSet(Options options) : options_(options) {}

  void want(const std::string& ticker);
  void let_go(const std::string& ticker);

  // The next command to send, if there is something to do and no answer has to come first.
  std::optional<Command> next(Time now);
  // What was sent and never answered, and what was refused long ago, is to be sent again.
  void expire(Time now);

  // Answers. Each gives the command that it ends, so that the caller can record what it did.
  std::optional<Command> on_subscribed(std::int64_t id, std::int64_t sid);
  std::optional<Command> on_ok(std::int64_t id, std::optional<std::int64_t> sid);
  std::optional<Command> on_error(std::int64_t id, Time now);
  // The subscription is full: the command's markets are not wanted here any more.
  std::optional<Command> on_full(std::int64_t id);
  // Refused for now (too many requests, time-out): to be sent again as it was.
  void on_busy(std::int64_t id);
  // The connection is gone, and with it everything it held.
  void on_lost();

  std::size_t wanted() const { return wanted_.size(); }
  std::size_t held() const { return held_.size(); }
  std::size_t refused() const { return refused_.size(); }
  // Wanted and not (yet) held.
  std::size_t pending() const { return wanted_.size() - held_.size() - refused_.size(); }

 private:
  struct Sent {
    Command command;
    Time at;
  };
  std::vector<std::string> take(std::deque<std::vector<std::string>>& queue, Command::Kind kind);
  Command send(Command command, Time now);
  void retry(Command command);
  std::optional<Command> settle(std::int64_t id);

  const Options options_;
  std::unordered_set<std::string> wanted_;
  std::unordered_set<std::string> held_;
  std::unordered_set<std::string> refused_;
  Time last_refusal_{};
  // Batches to be sent; each is at most tickers_per_command long.
  std::deque<std::vector<std::string>> to_add_;
  std::deque<std::vector<std::string>> to_delete_;
  std::unordered_map<std::int64_t, Sent> sent_;
  std::optional<std::int64_t> sid_;
  std::int64_t next_id_ = 1;
  bool subscribing_ = false;
};

}  // namespace kd
