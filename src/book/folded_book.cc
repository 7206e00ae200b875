#include "book/folded_book.h"

#include <algorithm>

namespace kd {

FoldedBook::FoldedBook(std::span<const Level> yes, std::span<const Level> no) {
  for (const auto& level : yes) change(Side::kYes, level.price, level.size);
  for (const auto& level : no) change(Side::kNo, level.price, level.size);
}

void FoldedBook::change(Side side, Price price, Size by) {
  if (by == Size()) return;
  sum_.change(side, price, by);
  auto& levels = is_yes(side) ? yes_ : no_;
  // Snapshots come ascending, so most new levels belong to the end.
  const auto at = levels.empty() || levels.back().price < price
                      ? levels.end()
                      : std::ranges::lower_bound(levels, price, {}, &Level::price);
  if (at == levels.end() || at->price != price) {
    if (by < Size()) ++negative_;
    levels.insert(at, Level{price, by});
    return;
  }
  if (at->size < Size()) --negative_;
  at->size = at->size + by;
  if (at->size < Size()) ++negative_;
  if (at->size == Size()) levels.erase(at);
}

std::optional<Level> FoldedBook::best_bid(Side side) const {
  const auto levels = bids(side);
  const auto real = [](const Level& level) { return level.size > Size(); };
  const auto best = std::find_if(levels.rbegin(), levels.rend(), real);
  if (best == levels.rend()) return std::nullopt;
  return *best;
}

std::optional<Level> FoldedBook::best_ask(Side side) const {
  const auto other = best_bid(is_yes(side) ? Side::kNo : Side::kYes);
  if (!other) return std::nullopt;
  return Level{other->price.complement(), other->size};
}

void FoldedBook::shrink() {
  yes_.shrink_to_fit();
  no_.shrink_to_fit();
}

}  // namespace kd
