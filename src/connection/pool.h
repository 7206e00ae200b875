#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "connection/placement.h"
#include "connection/session.h"

namespace kd {

// All connections of a gatherer, spread over its I/O loops; a connection never changes loop.
// Makes the desired set of markets actual. Any thread, where nothing else is said.
class ConnectionPool {
 public:
  using Markets = std::span<const Interner::Id>;
  struct Options {
    int ticker = 2;
    int trade = 2;
    int lifecycle = 2;
    int orderbook = 144;
    std::size_t markets_per_connection = 7500;
    std::string seed;       // the gatherer's id
    double dial_rate = 20;  // per second, all connections together
    std::size_t snapshots_in_flight = 400;
    // A connection that is down for so long gives its markets to others, once no connection has
    // come up for a while.
    std::chrono::milliseconds abandon_after{15'000};
    std::chrono::milliseconds settled_after{10'000};
    Session::Options session;  // number and role are filled in
  };
  // One loop with the hooks that reach its router.
  struct Lane {
    EventLoop& loop;
    const SessionHooks& hooks;
  };

  // Everything passed in must outlive the pool, and the loops must have stopped before it ends.
  ConnectionPool(const Options& options, std::span<const Lane> lanes, const Interner& tickers,
                 MetricsRegistry& metrics, const Logger& log);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void start();
  // Closes all sockets; they are closed when all_closed() is true.
  void stop();
  bool all_closed() const;

  void want(Markets markets);
  void let_go(Markets markets);

  // Moves a market to another book connection (0 …), make before break. False: not held, on its
  // way already, or there.
  bool move(Interner::Id market, std::size_t to_book);
  // Begins to move up to `count` markets; tells how many.
  std::size_t move_markets(std::size_t count);

  // Somebody doubts our books of these: new snapshots, and from another socket if that did not
  // help.
  void renew(Markets markets);
  // Replaces the socket of a connection.
  void replace(std::int32_t connection, const std::string& reason);

  // While the exchange is paused, sockets that it cuts come back slowly.
  void set_exchange_paused(bool paused) { damped_ = paused; }

  struct Figures {
    std::size_t connections = 0;
    std::size_t open = 0;
    std::size_t wanted = 0;
    std::size_t held = 0;
    std::size_t handovers = 0;  // under way
    std::uint64_t handovers_done = 0;
  };
  Figures figures() const;
  Figures figures(Role role) const;  // connections, open and held
  void publish_metrics();

 private:
  struct Member {
    EventLoop* loop;
    std::unique_ptr<Session> session;
  };
  void add(Role role, int count, const Options& options, std::span<const Lane> lanes);
  BookLinks make_links();
  std::size_t book_of(std::int32_t connection) const {
    return static_cast<std::size_t>(connection) - first_book_;
  }
  void carry_out(Placement::Orders orders) KD_REQUIRES(mutex_);
  void tick();
  void warn_of_unplaced() KD_REQUIRES(mutex_);
  void publish_role(Role role);

  MetricsRegistry& metrics_;
  const Logger log_;
  const Interner& tickers_;
  SnapshotBudget budget_;
  AuthGate gate_;
  DialPacer pacer_;
  std::atomic<bool> damped_{false};
  const BookLinks links_;
  std::vector<std::unique_ptr<SessionMetrics>> session_metrics_;
  std::vector<Member> members_;
  std::size_t first_book_ = 0;  // members_ from here on are orderbook sessions
  mutable Mutex mutex_;
  Placement placement_ KD_GUARDED_BY(mutex_);
  std::size_t unplaced_told_ KD_GUARDED_BY(mutex_) = 0;
  EventLoop& timer_loop_;  // the first lane's
  Timer timer_;            // on it
};

}  // namespace kd
