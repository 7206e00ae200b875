#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "connection/assignment.h"
#include "connection/handover.h"

namespace kd {

// Which book connection records which market, and how markets move between them: what to tell
// each connection. Pure: time is an argument; not thread-safe.
//
// - A market leaves a living connection only when its new one has its snapshot (Handover).
// - What a full subscription gives back goes elsewhere; its cap is what it held, until the
//   connection is lost. A connection that overflows is given three quarters from then on.
// - A connection that stays down while others are up gives its markets to them.
// - Loads that drift apart are evened out, a few markets at a time.
class Placement {
 public:
  using Id = Interner::Id;
  using Markets = std::span<const Id>;
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::size_t books = 144;
    std::size_t markets_per_connection = 7500;
    std::string seed;
    Handover::Options handover;
    std::chrono::milliseconds abandon_after{15'000};  // down for so long
    std::chrono::milliseconds settled_after{10'000};  // since a connection came up
  };
  // What a connection is to be told, in this order.
  enum class Order : std::uint8_t { kLetGo, kWant, kTakeOver, kSettled };
  static constexpr std::array kOrders{Order::kLetGo, Order::kWant, Order::kTakeOver,
                                      Order::kSettled};
  using Orders = std::map<std::pair<std::size_t, Order>, std::vector<Id>>;

  explicit Placement(Options options);

  Orders want(Markets markets);
  Orders let_go(Markets markets);
  // False: not held anywhere, on its way already, or there already.
  bool move(Id market, std::size_t to, Time now, Orders& orders);
  // Begins to move up to `count` markets, from all connections in turn.
  std::size_t move_some(std::size_t count, Time now, Orders& orders);

  // A market whose books are doubted is asked for again; the second time within kDoubtful it goes
  // to another connection as well.
  void renew(Id market, Time now, Orders& orders);

  Orders on_full(std::size_t book, std::size_t limit, Markets excess);
  Orders on_overflow(std::size_t book, Time now);
  Orders on_lost(std::size_t book);
  void on_based(std::size_t book, Id market, Time now) { handover_.based(market, book, now); }
  void on_bases_lost(std::size_t book) { handover_.base_lost(book); }

  // Once or twice a second; down_since[book] is empty for a connection that is open.
  struct State {
    bool open = false;
    std::optional<Time> down_since;
  };
  Orders tick(std::span<const State> states, Time now);

  std::size_t wanted() const { return assignment_.wanted(); }
  std::size_t unplaced() const { return assignment_.unplaced(); }
  std::size_t handovers() const { return handover_.size(); }
  std::uint64_t handovers_done() const { return handovers_done_; }
  const Assignment& assignment() const { return assignment_; }

 private:
  static constexpr std::chrono::minutes kDoubtful{10};
  static constexpr std::size_t kMostDoubted = 100'000;
  void add(Id market, Orders& orders);
  void give_back(std::size_t book, Id market, Orders& orders);
  void place_waiting(Orders& orders);
  void finish_handovers(Time now, Orders& orders);
  void abandon(std::size_t book, Orders& orders);
  void look_at_connections(std::span<const State> states, Time now, Orders& orders);
  void even_out(std::span<const State> states, Time now, Orders& orders);
  void set_cap(std::size_t book);

  const Options options_;
  Assignment assignment_;
  Handover handover_;
  std::vector<std::size_t> overflow_cap_;  // for good
  std::vector<bool> open_;
  std::vector<bool> abandoned_;
  std::unordered_map<Id, Time> doubted_;
  Time last_opened_{};
  Id cursor_ = 0;
  std::uint64_t handovers_done_ = 0;
};

}  // namespace kd
