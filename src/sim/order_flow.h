#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/book.h"
#include "sim/random.h"
#include "sim/world.h"

namespace kd::sim {

// A change of one book, or a trade; all changes of one action share a millisecond.
struct Change {
  bool is_trade = false;
  bool yes = false;        // delta: side; trade: taker's side
  std::int32_t price = 0;  // delta: in the side's leg; trade: yes price
  std::int64_t size = 0;   // delta: signed
  bool block = false;
};

// What traders do to one synthetic market: orders arrive, are withdrawn, moved, and sweep several
// levels at once; now and then a block trade beside the book.
//
// Applied in order, the changes never make a level negative and never let the two sides cross;
// each trade but a block is accompanied by a delta of minus its size. About 30 % of consecutive
// deltas of a market come from one action. Confined to one thread.
class OrderFlow {
 public:
  // `fair`: the price around which orders gather, 1e-5 dollar; it drifts.
  void act(const Market& market, std::int32_t& fair, Random& random, std::vector<Change>& out);

  // The levels a market opens with, `depth` on each side.
  static void seed_book(Market& market, std::int32_t fair, int depth, Random& random);

 private:
  void add_orders(int count);
  void withdraw(int count);
  void move_order();
  void sweep(int levels);
  void block_trade();

  bool place(bool yes);
  bool take_away(bool yes, bool whole);
  void fill(bool taker_yes, const Level& level, std::int64_t size);
  void trade_and_delta(bool taker_yes, std::int32_t bid, std::int64_t size);
  void put(const Change& change);
  std::int32_t fair_of(bool yes) const;
  void drift(int steps);

  // The action under way.
  const Market* market_ = nullptr;
  std::int32_t* fair_ = nullptr;
  Random* random_ = nullptr;
  std::vector<Change>* out_ = nullptr;
  Book book_;  // with the changes so far
};

std::int64_t random_size(Random& random);

}  // namespace kd::sim
