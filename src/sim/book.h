#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kd::sim {

struct Level {
  std::int32_t price;  // 1e-5 dollar, in the side's own leg
  std::int64_t size;   // hundredths of a contract
  friend bool operator==(const Level&, const Level&) = default;
};

// The bids of both sides of one market, ascending by price. A value.
//
// A recording may begin in the middle, so that a sum can fall below zero; such a level is kept,
// for later deltas to build on, and never shown.
class Book {
 public:
  void apply(bool yes, std::int32_t price, std::int64_t delta);
  void assign(bool yes, std::vector<Level> levels);  // any order
  void clear();

  const std::vector<Level>& side(bool yes) const { return yes ? yes_ : no_; }
  std::int64_t size_at(bool yes, std::int32_t price) const;
  // The best bid; price 0 and size 0 when the side is empty.
  Level best(bool yes) const;

 private:
  std::vector<Level>& levels_of(bool yes) { return yes ? yes_ : no_; }

  std::vector<Level> yes_;
  std::vector<Level> no_;
};

// [["0.4100","88.50"],…] of the levels above zero, the last `depth` of them when depth > 0.
// With `as_yes_price` a no-side price is printed as what the same level costs on the yes side;
// the list is ascending by the printed price either way.
void append_levels(std::string& out, const std::vector<Level>& levels, bool as_yes_price,
                   std::size_t depth = 0);
bool has_levels(const std::vector<Level>& levels);

}  // namespace kd::sim
