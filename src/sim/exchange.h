#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "sim/clients.h"
#include "sim/deliveries.h"
#include "sim/faults.h"
#include "sim/feed_event.h"
#include "sim/readiness.h"
#include "sim/recorder.h"
#include "sim/session.h"
#include "sim/sim_clock.h"
#include "sim/subscriptions.h"
#include "sim/truth_log.h"
#include "sim/world.h"

namespace kd::sim {

struct Emitted {
  std::uint64_t deltas = 0, trades = 0, snapshots = 0, tickers = 0, lifecycle = 0;
  std::uint64_t watched = 0;  // of all, sent to at least one client
  std::uint64_t total() const { return deltas + trades + snapshots + tickers + lifecycle; }
};

// The exchange without its network: the world, who is subscribed to what, and publish(), through
// which everything that happens goes to the world's state, the subscribers, the truth and the
// recording. Confined to the loop's thread.
class Exchange {
 public:
  explicit Exchange(SessionLimits limits) : limits_(limits) {}

  void write_truth_to(std::unique_ptr<TruthLog> truth) { truth_ = std::move(truth); }
  void record_to(std::unique_ptr<Recorder> recorder) { recorder_ = std::move(recorder); }

  void publish(const FeedEvent& event);

  // The number of a client; -1 when there are too many.
  int admit(std::string_view client_id);
  std::unique_ptr<Session> open_session(SessionPort& port, int client);
  // Its connection has ended; what was lost with it goes into the truth.
  void close_session(std::unique_ptr<Session> session);
  // Call about twenty times a second, in real time: sends what faults delay, and forgets what is
  // settled.
  void tick(std::int64_t real_ms);
  void snapshot_answered(MarketIndex market, std::int64_t sending_ms, int client);

  // Whether the client holds the trade channel and the book of every market now active. A call
  // looks at 50,000 markets at most, so with more of them the answer lags a few calls behind.
  bool ready(int client, std::int64_t now_ms);
  // Whether the whole exchange stands still: nothing happens then.
  bool halted() const;
  StartCondition start{};
  bool may_start(std::int64_t now_ms);

  // Completes truth and recording; nothing may be published afterwards.
  Expected<void> finish(std::int64_t now_ms);

  World world;
  Faults faults;
  SimClock clock;
  Clients clients;
  SessionLimits& limits() { return limits_; }
  const Emitted& emitted() const { return emitted_; }

 private:
  void apply(const FeedEvent& event);
  void apply_trade(const FeedEvent& event);
  void apply_lifecycle(const FeedEvent& event);
  void tell_truth(const FeedEvent& event, ClientMask to);
  void tell_losses(Session& session);
  bool unwatched(MarketIndex market, int client, std::int64_t now_ms) const;
  ClientMask distribute(const FeedEvent& event);
  ClientMask distribute_book(const FeedEvent& event, std::string_view type);
  ClientMask distribute_channel(const FeedEvent& event, Channel channel, std::string_view type);
  ClientMask hand_out(const Subscriber& to, const OutFrame& frame);
  void end_overflown();
  void build_tail(const FeedEvent& event);
  void build_yes_tail(const FeedEvent& event);
  void count(const FeedEvent& event, ClientMask to);

  SessionLimits limits_;
  SubscriptionIndex index_;
  std::unordered_set<Session*> sessions_;
  std::vector<Readiness> readiness_;  // by client
  Deliveries deliveries_;             // kept for the truth
  Deliveries::Id current_ = 0;        // 0: no truth is told
  std::int64_t real_ms_ = 0;          // as of the last tick
  std::unique_ptr<TruthLog> truth_;
  std::unique_ptr<Recorder> recorder_;
  Emitted emitted_;
  SharedText tail_, yes_tail_;
  std::vector<Subscriber> overflown_;
};

}  // namespace kd::sim
