#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "connection/assignment.h"
#include "connection/session.h"

namespace kd {

// When the next dial may go out: at most `per_second` of all connections together. Any thread.
class DialPacer {
 public:
  explicit DialPacer(double per_second) : gap_(std::chrono::duration<double>(1 / per_second)) {}
  std::chrono::milliseconds next(std::chrono::steady_clock::time_point now);

 private:
  const std::chrono::duration<double> gap_;
  Mutex mutex_;
  std::chrono::steady_clock::time_point free_at_ KD_GUARDED_BY(mutex_){};
};

// All connections of a gatherer, spread over its I/O loops; a connection never changes loop.
// Makes the desired set of markets actual. want() and the figures: any thread.
class ConnectionPool {
 public:
  struct Options {
    int ticker = 2;
    int trade = 2;
    int lifecycle = 2;
    int orderbook = 144;
    std::size_t markets_per_connection = 7500;
    std::string seed;          // the gatherer's id
    Session::Options session;  // number and role are filled in
  };
  // One loop with the hooks that reach its router.
  struct Lane {
    EventLoop& loop;
    const SessionHooks& hooks;
  };

  ConnectionPool(const Options& options, std::span<const Lane> lanes, MetricsRegistry& metrics,
                 const Logger& log);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void start();
  // Closes all sockets; they are closed when all_closed() is true.
  void stop();
  bool all_closed() const;

  void want(std::span<const std::string> tickers);
  void let_go(std::span<const std::string> tickers);

  // On the loop's own thread: while paused, what arrives stays in the sockets of that loop.
  void pause_lane(const EventLoop& loop, bool paused);

  struct Figures {
    std::size_t connections = 0;
    std::size_t open = 0;
    std::size_t wanted = 0;
    std::size_t held = 0;
  };
  Figures figures() const;
  Figures figures(Role role) const;
  void publish_metrics();

  // A connection is full: it keeps what it holds, these markets go elsewhere. Any thread.
  void move_elsewhere(std::int32_t connection, std::span<const std::string> tickers);

 private:
  struct Member {
    EventLoop* loop;
    std::unique_ptr<Session> session;
  };
  void add(Role role, int count, const Options& options, std::span<const Lane> lanes);

  std::vector<std::unique_ptr<SessionMetrics>> session_metrics_;
  std::vector<Member> members_;
  std::size_t first_book_ = 0;  // members_ from here on are orderbook sessions
  MetricsRegistry& metrics_;
  const Logger log_;
  mutable Mutex mutex_;
  Assignment assignment_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
