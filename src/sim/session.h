#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/command.h"
#include "sim/subscriptions.h"
#include "sim/world.h"

namespace kd::sim {

// What becomes of tickers that do not exist, or are settled, in a list: the exchange does not say.
enum class UnknownTickers : std::uint8_t {
  kSkip,     // the others are subscribed, nothing is said
  kPartial,  // the others are subscribed, error 28 names the rest
  kRefuse,   // error 28, nothing is subscribed
};

struct SessionLimits {
  std::size_t markets_per_subscription = 1000;  // beyond: error 26; 0: no limit
  std::size_t markets_per_session = 500'000;
  int commands_per_second = 50;  // per subscription; beyond: error 27; 0: no limit
  int session_commands_per_second = 10'000;
  std::size_t overflow_bytes = 4 << 20;  // unsent bytes that end a subscription; 0: never
  UnknownTickers unknown_tickers = UnknownTickers::kPartial;
  bool snapshots_before_ok = false;
};

// What a session needs of the world outside.
class SessionPort {
 public:
  virtual ~SessionPort() = default;
  virtual void send(std::string_view head, std::string_view tail) = 0;
  virtual std::size_t unsent_bytes() const = 0;
  virtual std::int64_t now_ms() const = 0;  // the simulator's clock
  // A snapshot left in answer to a command.
  virtual void snapshot_answered(MarketIndex market, std::int64_t sending_ms) = 0;
};

// One WebSocket as the exchange sees it: commands in, replies and market data out. No I/O of its
// own. Confined to the loop's thread.
class Session {
 public:
  Session(World& world, SubscriptionIndex& index, const SessionLimits& limits, SessionPort& port,
          int client);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `now_ms` is real time, for the command limits.
  void on_command(std::string_view text, std::int64_t now_ms);

  // Hands out one frame of market data; `tail` is everything behind the seq and is shared by all
  // subscribers. False when the client is too slow: call overflow() once no list is walked.
  bool deliver(Subscription& to, std::string_view type, std::string_view tail);
  void overflow(Subscription& to);

  int client() const { return client_; }
  bool holds(Channel channel) const { return held(channel) != nullptr; }
  const Subscription* held(Channel channel) const;

 private:
  struct Wanted {
    std::vector<MarketIndex> markets;  // exist, each once
    std::vector<std::string> unknown;
  };
  // How many commands came within the current second.
  struct Window {
    std::int64_t second = 0;
    int commands = 0;
    bool admit(std::int64_t now_ms, int limit);
  };

  void run(const Command& command, std::int64_t now_ms);
  void subscribe(const Command& command, std::int64_t now_ms);
  void subscribe_one(const Command& command, const std::string& channel, const Wanted& wanted);
  void open(const Command& command, const std::string& channel, const Wanted& wanted);
  void merge(const Command& command, Subscription& to, const Wanted& wanted);
  void update(const Command& command, std::int64_t now_ms);
  void update_markets(const Command& command, Subscription& to);
  void add_markets(const Command& command, Subscription& to, const Wanted& wanted);
  void delete_markets(const Command& command, Subscription& to, const Wanted& wanted);
  void get_snapshot(const Command& command, Subscription& to, const Wanted& wanted);
  void unsubscribe(const Command& command);
  void list(const Command& command);

  WsError check_subscribe(const Command& command) const;
  Wanted wanted(const Command& command) const;
  // Say which tickers are unknown, within the sid `to`; nullptr: the channel was not held before.
  bool refuses(const Command& command, Subscription* to, const Wanted& wanted);
  void report_unknown(const Command& command, Subscription* to, const Wanted& wanted);
  bool fits(const Subscription* to, const std::vector<MarketIndex>& markets) const;
  std::vector<MarketIndex> join(Subscription& to, const std::vector<MarketIndex>& markets);
  void leave_all(Subscription& from);
  Subscription* find(std::int64_t sid);
  Subscription* held(Channel channel);

  void say_subscribed(const Command& command, const Subscription& to);
  void say_ok(const Command& command, Subscription& to);
  void say_error(const Command& command, WsError code,
                 const std::vector<std::string>& tickers = {});
  void say_scoped_error(std::int64_t id, Subscription& to, WsError code,
                        const std::vector<std::string>& tickers = {});
  void send_snapshots(Subscription& to, const std::vector<MarketIndex>& markets, std::int64_t id);
  void send_ticker(Subscription& to, MarketIndex market);

  World& world_;
  SubscriptionIndex& index_;
  const SessionLimits& limits_;
  SessionPort& port_;
  const int client_;
  int last_sid_ = 0;
  std::size_t market_total_ = 0;
  std::map<int, std::unique_ptr<Subscription>> subscriptions_;
  Window session_window_;
  std::map<std::int64_t, Window> windows_;  // by sid
  std::string head_;
};

}  // namespace kd::sim
