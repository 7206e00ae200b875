#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/interner.h"

namespace kd {

// Markets on their way from one connection to another, make before break: the old one lets go
// only when the new one has had the market's snapshot for `overlap`. Pure: time is an argument;
// not thread-safe.
class Handover {
 public:
  using Id = Interner::Id;
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::chrono::milliseconds overlap{1'000};
    std::chrono::milliseconds patience{60'000};  // then it stays where it was
  };
  struct Move {
    Id market = 0;
    std::size_t from = 0;
    std::size_t to = 0;
    friend bool operator==(const Move&, const Move&) = default;
  };

  explicit Handover(Options options) : options_(options) {}

  // False: it is on its way already.
  bool begin(const Move& move, Time now) {
    return moves_.try_emplace(move.market, Entry{move, now, {}}).second;
  }
  bool contains(Id market) const { return moves_.contains(market); }
  // Ends without a decision, because the market is let go or comes back.
  std::optional<Move> cancel(Id market);
  // `connection` has a base for the market.
  void based(Id market, std::size_t connection, Time now);
  // `connection` has lost its bases: what it takes over is to have another one first.
  void base_lost(std::size_t connection);
  // `connection` is gone: what was leaving it has nothing to stay for.
  std::vector<Move> take_leaving(std::size_t connection);

  // The old connection of these may let go.
  std::vector<Move> take_done(Time now);
  // These did not come about: they stay with the old connection.
  std::vector<Move> take_stuck(Time now);

  std::size_t size() const { return moves_.size(); }

 private:
  struct Entry {
    Move move;
    Time begun;
    std::optional<Time> based;
  };
  template <typename Suits>
  std::vector<Move> take_if(Suits suits);

  const Options options_;
  std::unordered_map<Id, Entry> moves_;
};

}  // namespace kd
