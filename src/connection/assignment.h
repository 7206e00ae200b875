#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/interner.h"

namespace kd {

// Which connection records which market: the least loaded one, ties drawn by a hash seeded with
// the gatherer's id, so that a bad socket never hits the same neighbours in all gatherers. Two
// bytes per market. Pure; not thread-safe.
class Assignment {
 public:
  using Id = Interner::Id;
  // At most 32,000 connections.
  Assignment(std::size_t connections, std::size_t most_per_connection, const std::string& seed);

  // The connection for a new market; nullopt when it has one already or none has room.
  std::optional<std::size_t> add(Id market);
  // The connection that had it; nullopt when it had none.
  std::optional<std::size_t> remove(Id market);
  // From where it is to `to`, whatever the caps say. Only for markets that have a connection.
  void move(Id market, std::size_t to);
  // The least loaded connection with room, other than `not_this`.
  std::optional<std::size_t> best(Id market, std::size_t not_this) const;

  // How many markets the connection may be given; above it nothing is taken away.
  void cap(std::size_t connection, std::size_t most);
  void uncap(std::size_t connection) { cap(connection, default_most_); }
  std::size_t most(std::size_t connection) const { return most_[connection]; }

  std::optional<std::size_t> where(Id market) const;
  std::size_t load(std::size_t connection) const { return loads_[connection]; }
  std::span<const std::uint32_t> loads() const { return loads_; }
  // Up to `count` markets of the connection, beginning behind `cursor` and going round.
  std::vector<Id> some_of(std::size_t connection, std::size_t count, Id& cursor) const;
  std::vector<Id> all_of(std::size_t connection) const;
  // The same of all connections together.
  std::vector<Id> some(std::size_t count, Id& cursor) const;

  // Some of the markets without a connection; they are forgotten until added again.
  std::vector<Id> take_unplaced(std::size_t most);
  std::size_t unplaced() const { return unplaced_count_; }
  // Markets that could be added before all are full.
  std::size_t room() const;
  // All that were added and not removed.
  std::size_t wanted() const { return placed_ + unplaced_count_; }
  std::size_t bytes() const;

 private:
  static constexpr std::int16_t kNowhere = -1;   // not wanted
  static constexpr std::int16_t kUnplaced = -2;  // wanted, no room
  template <typename Suits>
  std::vector<Id> pick(std::size_t count, Id& cursor, Suits suits) const;
  std::int16_t& place(Id market);
  void change_load(std::size_t connection, int by);
  void enter(std::size_t connection);
  void leave(std::size_t connection);
  void forget_unplaced();

  const std::uint64_t seed_;
  const std::size_t default_most_;
  std::vector<std::size_t> most_;
  std::vector<std::uint32_t> loads_;
  std::vector<std::size_t> position_;  // within its list in open_
  // Connections with room, by load: the next market goes to one of the first list.
  std::map<std::uint32_t, std::vector<std::size_t>> open_;
  std::vector<std::int16_t> places_;  // by market
  std::vector<Id> unplaced_;          // may name markets that are not unplaced any more
  std::size_t unplaced_count_ = 0;
  std::size_t placed_ = 0;
};

}  // namespace kd
