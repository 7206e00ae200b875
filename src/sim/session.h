#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "sim/command.h"
#include "sim/deliveries.h"
#include "sim/faults.h"
#include "sim/sent_frames.h"
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
  std::uint64_t first_seq = 1;  // of a subscription
};

// What a session needs of the world outside.
class SessionPort {
 public:
  virtual ~SessionPort() = default;
  virtual void send(std::string_view text) = 0;
  virtual void send(std::string_view head, const SharedText& tail) = 0;
  virtual std::size_t unsent_bytes() const = 0;
  virtual WsProgress progress() const = 0;
  virtual WsProgress last_progress() const = 0;  // see WsPeer
  virtual bool is_open() const = 0;
  virtual std::int64_t now_ms() const = 0;  // the simulator's clock
  // A snapshot left in answer to a command.
  virtual void snapshot_answered(MarketIndex market, std::int64_t sending_ms) = 0;
};

// A frame of market data, as it goes to all subscribers.
struct OutFrame {
  std::string_view type;
  const SharedText& tail;  // everything behind the seq
  MarketIndex market = kNoMarket;
  Deliveries::Id id = 0;              // 0: nobody follows it
  bool differs_by_leg = false;        // it has prices of the no side
  std::int64_t reply_id = 0;          // of the command that it answers
  std::int64_t sending_ms = kNoTime;  // where that is not in the tail
};

// Whose connection it is.
struct SessionOwner {
  int client = 0;      // its number
  std::string id;      // its key id
  int connection = 0;  // 1 for the client's first, 2 ...
};

// What all sessions share.
struct SessionWorld {
  World& world;
  SubscriptionIndex& index;
  const SessionLimits& limits;
  Faults& faults;
};

// One WebSocket as the exchange sees it: commands in, replies and market data out. No I/O of its
// own. Confined to the loop's thread.
class Session {
 public:
  Session(const SessionWorld& around, SessionPort& port, SessionOwner owner);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `now_ms` is real time, for the command limits.
  void on_command(std::string_view text, std::int64_t now_ms);

  // Hands out one frame of market data. Where the client is too slow the answer is kOverflow: call
  // overflow() once no list is walked.
  Delivery deliver(Subscription& to, const OutFrame& frame);
  void overflow(Subscription& to) { end(to, WsError::kOverflow); }
  // Ends its subscriptions, or that of one channel, with an error.
  void end_subscriptions(std::string_view channel, WsError code);
  // The connection is coming to its end: nothing more is for it.
  void leave();

  // How it behaves from now on.
  void behave(const ConnectionFaults& faults) { behaviour_ = faults; }
  const ConnectionFaults& behaviour() const { return behaviour_; }
  // Sends what a fault has delayed and is due; `now_ms` is real time.
  void send_delayed(std::int64_t now_ms);
  static bool shows_yes_price(const Subscription& to) { return to.use_yes_price != to.flipped; }

  void end_by(std::string_view fault) { ended_by_ = fault; }
  std::string_view ended_by() const { return ended_by_; }  // what ends the connection
  int client() const { return owner_.client; }
  const SessionOwner& owner() const { return owner_; }
  std::vector<std::string_view> channels() const;
  // The oldest frame that could still be lost with the socket; `none`: there is no such one.
  Deliveries::Id settle(std::int64_t now_ms, const Deliveries& deliveries, Deliveries::Id none);
  // The socket is gone: what went down with it.
  std::vector<SentFrames::Fallen> fall(std::int64_t now_ms, const Deliveries& deliveries);
  bool holds(Channel channel) const { return held(channel) != nullptr; }
  const Subscription* held(Channel channel) const;

 private:
  struct Wanted {
    std::vector<MarketIndex> markets;  // exist, each once
    std::vector<std::string> unknown;
  };
  // A frame kept back, to be sent behind the next one of its subscription.
  struct HeldFrame {
    int sid = 0;  // 0: none
    std::string text;
    std::int64_t since_ms = 0;
  };
  // A snapshot of a new market that is to come late.
  struct LateSnapshot {
    std::int64_t due_ms;
    int sid;
    MarketIndex market;
  };
  // How many commands came within the current second.
  struct Window {
    std::int64_t second = 0;
    int commands = 0;
    bool admit(std::int64_t now_ms, int limit);
  };

  bool meets_fault(const Command& command);
  void obey(const Command& command, std::int64_t now_ms);
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
  void say(std::string_view text);
  std::uint64_t next_reply_seq(Subscription& to);
  void end(Subscription& to, WsError code);

  Delivery put(Subscription& to, const OutFrame& frame);
  Delivery put_struck(Subscription& to, const OutFrame& frame, const FaultSpec& fault);
  Delivery put_changed(Subscription& to, const OutFrame& frame, std::string tail);
  Delivery hold_back(Subscription& to, const OutFrame& frame);
  std::string_view muted_by() const;
  const SharedText& as_shown(const OutFrame& frame);
  void begin_frame(const Subscription& to, const OutFrame& frame);
  void release_held(int sid);
  FaultTarget target_of(std::string_view channel, MarketIndex market) const;

  // First snapshots of markets just added, unless a fault delays or withholds them.
  void send_first_snapshots(Subscription& to, const std::vector<MarketIndex>& markets);
  void send_snapshots(Subscription& to, const std::vector<MarketIndex>& markets, std::int64_t id);
  void send_snapshot(Subscription& to, MarketIndex market, std::int64_t id);
  void send_ticker(Subscription& to, MarketIndex market);

  World& world_;
  SubscriptionIndex& index_;
  const SessionLimits& limits_;
  Faults& faults_;
  SessionPort& port_;
  const SessionOwner owner_;
  int last_sid_ = 0;
  std::size_t market_total_ = 0;
  std::map<int, std::unique_ptr<Subscription>> subscriptions_;
  Window session_window_;
  std::map<std::int64_t, Window> windows_;  // by sid
  std::string head_;
  SharedText snapshot_tail_, changed_tail_, shown_tail_;

  ConnectionFaults behaviour_;
  std::string reply_fate_;    // of the command at work: a manner of `lost-reply`; empty: none
  std::int64_t real_ms_ = 0;  // as of the last command or tick
  HeldFrame held_;
  std::vector<LateSnapshot> late_snapshots_;
  SentFrames sent_;
  std::string_view ended_by_ = "ended";
};

}  // namespace kd::sim
