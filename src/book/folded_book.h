#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/book_sum.h"
#include "model/messages.h"

namespace kd {

// One change of one level, as a row of orderbook_deltas tells it.
struct BookChange {
  std::int64_t ts = 0;  // exchange time, µs, whole milliseconds
  Side side{};
  Price price = *Price::from_raw(0);  // in the side's own leg
  Size by;
};

// Bids of both legs while they are rebuilt from stored rows, forwards or backwards. Unlike
// OrderBook it keeps a level that became negative: the record is wrong there, and the answer has
// to say where.
//
// A value; confined to one thread. Levels ascend by price; none has size 0.
class FoldedBook {
 public:
  FoldedBook() = default;
  FoldedBook(std::span<const Level> yes, std::span<const Level> no);

  void change(Side side, Price price, Size by);
  void apply(const BookChange& change) { this->change(change.side, change.price, change.by); }
  void undo(const BookChange& change) {
    this->change(change.side, change.price, Size(-change.by.hundredths()));
  }

  std::span<const Level> bids(Side side) const { return is_yes(side) ? yes_ : no_; }
  std::optional<Level> best_bid(Side side) const;
  // The ask of one leg is the complement of the best bid of the other.
  std::optional<Level> best_ask(Side side) const;

  // Equal books have equal sums; different ones all but never.
  const BookSum& sum() const { return sum_; }
  std::size_t negative_levels() const { return negative_; }
  std::size_t levels() const { return yes_.size() + no_.size(); }
  std::size_t memory_bytes() const { return (yes_.capacity() + no_.capacity()) * sizeof(Level); }
  void shrink();

  friend bool operator==(const FoldedBook& a, const FoldedBook& b) {
    return a.yes_ == b.yes_ && a.no_ == b.no_;
  }

 private:
  std::vector<Level> yes_;
  std::vector<Level> no_;
  BookSum sum_;
  std::size_t negative_ = 0;
};

}  // namespace kd
