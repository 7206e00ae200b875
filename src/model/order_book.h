#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/expected.h"
#include "model/messages.h"

namespace kd {

// Bids of both legs of one market, folded from a snapshot and the changes after it.
//
// A value; confined to one thread. Levels are kept ascending by price, sizes are positive.
class OrderBook {
 public:
  // Replaces everything; a side that the snapshot leaves out is empty.
  void reset(std::span<const Level> yes, std::span<const Level> no);

  // Adds `change` to a level and removes the level at exactly zero. Error (and no change) when
  // the level would become negative: the book is wrong, not the number.
  Expected<void> apply(Side side, Price price, Size change);

  std::span<const Level> bids(Side side) const { return side == Side::kYes ? yes_ : no_; }

  std::optional<Level> best_bid(Side side) const;
  // The ask of one leg is the complement of the best bid of the other.
  std::optional<Level> best_ask(Side side) const;

  bool empty() const { return yes_.empty() && no_.empty(); }
  friend bool operator==(const OrderBook&, const OrderBook&) = default;

 private:
  std::vector<Level> yes_;
  std::vector<Level> no_;
};

}  // namespace kd
