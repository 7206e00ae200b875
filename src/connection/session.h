#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/log.h"
#include "connection/role.h"
#include "connection/subscription_set.h"
#include "metrics/registry.h"
#include "model/control_event.h"
#include "net/ws_client.h"

namespace kd {

// The counters of all sessions of one role, looked up once.
struct SessionMetrics {
  SessionMetrics(MetricsRegistry& registry, Role role);
  Counter& messages;
  Counter& all_messages;  // of all roles together
  Counter& bytes;
  Counter& reconnects;
  Counter& auth_errors;
  Counter& connect_errors;
  Counter& read_errors;
  Counter& ping_timeouts;
  Counter& subscribe_errors;
};

// What a session tells the rest of the gatherer. All are called on the session's loop.
struct SessionHooks {
  // Headers of the next upgrade request.
  std::function<std::vector<std::pair<std::string, std::string>>()> credentials;
  // How long this dial has to wait for its turn.
  std::function<std::chrono::milliseconds()> dial_delay;
  // Every frame; the answer says what concerns the connection.
  std::function<ControlEvent(std::int32_t connection, std::string_view text, Micros received)>
      on_frame;
  std::function<void(std::int32_t connection, Micros at, std::string_view reason)> on_closed;
  std::function<void(std::int32_t connection, std::int64_t sid, Micros at,
                     std::span<const std::string_view> tickers)>
      on_joined;
  std::function<void(std::int32_t connection, std::int64_t sid, Micros at,
                     std::span<const std::string_view> tickers)>
      on_left;
  // The connection's subscription is full; these markets must go elsewhere.
  std::function<void(std::int32_t connection, std::span<const std::string> tickers)> on_full;
  std::function<void()> on_open;
  // A dial of a session that was never open found nobody, or was refused.
  std::function<void(const std::string& what)> on_unreachable;
  // The exchange refused our credentials at the first dial; the session will not try again.
  std::function<void(const std::string& what)> on_refused;
};

// One WebSocket connection, kept alive: dials, subscribes, reads, reconnects with backoff.
// Confined to its loop's thread, except open(), held() and pending().
class Session {
 public:
  struct Options {
    std::int32_t number = 0;
    Role role{};
    WsClient::Options socket;
    std::chrono::milliseconds stale_after{30'000};
    Backoff::Options backoff;
    int commands_per_second = 50;
    SubscriptionSet::Options subscriptions;
  };
  Session(EventLoop& loop, Options options, const SessionHooks& hooks, SessionMetrics& metrics,
          Logger log);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // Closes the socket in good order; on_closed has been called when is_closed() is true.
  void stop();

  // Markets of an orderbook session.
  void want(const std::string& ticker);
  void let_go(const std::string& ticker);

  // While paused, what arrives stays in the socket.
  void pause_reading();
  void resume_reading();

  Role role() const { return options_.role; }
  bool is_open() const { return open_.load(std::memory_order_relaxed); }            // any thread
  bool is_closed() const { return closed_.load(std::memory_order_relaxed); }        // any thread
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }        // any thread
  std::size_t pending() const { return pending_.load(std::memory_order_relaxed); }  // any thread

 private:
  void dial();
  void opened();
  void ended(const WsEnd& end);
  void redial();
  void drop(const std::string& reason);
  void frame(std::string_view text, Micros received);
  void act_on(const ControlEvent& event);
  void on_error(const ControlEvent& event);
  void record(const SubscriptionSet::Command& command);
  void ask_snapshots();
  void subscribe_globals();
  void pump();
  void send(const SubscriptionSet::Command& command);
  void tick();
  void publish();

  EventLoop& loop_;
  const Options options_;
  const SessionHooks& hooks_;
  SessionMetrics& metrics_;
  const Logger log_;
  SubscriptionSet subscriptions_;
  Backoff backoff_;
  std::mt19937_64 random_;
  std::shared_ptr<WsClient> socket_;
  Timer dial_timer_;
  Timer pump_timer_;
  Timer tick_timer_;
  std::string drop_reason_;
  std::chrono::steady_clock::time_point opened_at_{};
  int channels_pending_ = 0;  // of a global role: asked for and not yet answered
  bool paused_ = false;
  bool stopping_ = false;
  bool pump_waits_ = false;
  bool ever_open_ = false;
  std::set<std::string> stale_;  // markets that need a new base
  std::int64_t stale_sid_ = 0;
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{true};
  std::atomic<std::size_t> held_{0};
  std::atomic<std::size_t> pending_{0};
};

}  // namespace kd
