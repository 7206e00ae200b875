#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/log.h"
#include "connection/auth_gate.h"
#include "connection/book_conversation.h"
#include "connection/dial_pacer.h"
#include "connection/role.h"
#include "connection/session_hooks.h"
#include "connection/session_metrics.h"
#include "net/ws_client.h"

namespace kd {

// One WebSocket connection, kept alive: dials, reads, says what its conversation wants said,
// drops what is dead and dials again with backoff. Confined to its loop's thread, except where
// it says otherwise.
class Session {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::int32_t number = 0;
    Role role{};
    WsClient::Options socket;
    std::chrono::milliseconds stale_after{30'000};  // without any frame, pings included
    Backoff::Options backoff;
    int commands_per_second = 50;
    SubscriptionSet::Options subscriptions;
    Resync::Options resync;
    Prober::Options silence;  // of order books
    double self_checks_per_minute = 10;
    std::chrono::milliseconds first_look{5'000};  // after an acknowledgement, for snapshots
    std::chrono::milliseconds tick{1'000};        // how often time is looked at
  };
  // What the sessions of a gatherer share; all must outlive them.
  struct Shared {
    BookConversation::Shared books;
    AuthGate& gate;
    DialPacer& pacer;
    const std::atomic<bool>& damped;  // the exchange is paused: sockets come back slowly
  };
  Session(EventLoop& loop, Options options, const Shared& shared, const SessionHooks& hooks,
          SessionMetrics& metrics, Logger log);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  // Closes the socket in good order; on_closed has been called when is_closed() is true.
  void stop();

  // Closes the socket, if there is one, and dials again.
  void replace(const std::string& reason) {
    if (is_open()) drop(reason);
  }

  // Of an orderbook session: a change of what it shall hold.
  template <typename Change>
  void change(Change what) {
    if (books_ == nullptr) return;
    what(*books_);
    pump();
    publish();
  }

  Role role() const { return options_.role; }
  // These: any thread.
  bool is_open() const { return open_.load(std::memory_order_relaxed); }
  bool is_closed() const { return closed_.load(std::memory_order_relaxed); }
  std::size_t held() const { return held_.load(std::memory_order_relaxed); }
  // Since when it has tried to be open and is not; nullopt when it is open or was never dialled.
  std::optional<Time> down_since() const;
  // When the last ping came; nullopt while it is not open.
  std::optional<Micros> last_ping() const;

 private:
  void wait_for_turn();
  void dial();
  void opened();
  void ended(const WsEnd& end);
  void refused_credentials(const WsEnd& end);
  void count_end(const WsEnd& end);
  void redial(const WsEnd& end);
  void drop(const std::string& reason);
  void frame(std::string_view text, Micros received);
  void pump();
  void arm_pump(std::chrono::milliseconds delay);
  void heed();
  void tick();
  void listen(Time now);
  void publish();

  EventLoop& loop_;
  const Options options_;
  const Shared shared_;
  const SessionHooks& hooks_;
  SessionMetrics& metrics_;
  const Logger log_;
  std::unique_ptr<Conversation> conversation_;
  BookConversation* books_ = nullptr;  // the same, of an orderbook session
  Backoff backoff_;
  std::mt19937_64 random_;
  std::shared_ptr<WsClient> socket_;
  Timer dial_timer_;
  Timer pump_timer_;
  Timer tick_timer_;
  std::string drop_reason_;
  Time heard_{};  // the last message, to a tick
  std::uint64_t frames_ = 0;
  std::uint64_t frames_counted_ = 0;
  std::uint64_t bytes_ = 0;
  bool stopping_ = false;
  bool pump_waits_ = false;
  bool ever_open_ = false;
  std::atomic<bool> open_{false};
  std::atomic<bool> closed_{true};
  std::atomic<std::size_t> held_{0};
  std::atomic<Time::rep> down_since_{0};  // 0: not down
  std::atomic<std::int64_t> last_ping_us_{0};
};

}  // namespace kd
