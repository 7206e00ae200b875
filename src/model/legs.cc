#include "model/legs.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::int32_t kDollar = 100'000;

std::int32_t best(std::span<const Level> bids) {
  std::int32_t most = 0;
  for (const auto& level : bids) most = std::max(most, level.price.raw());
  return most;
}

bool holds(std::span<const Level> levels, std::int32_t price) {
  return std::ranges::any_of(levels, [&](const Level& l) { return l.price.raw() == price; });
}

}  // namespace

LegVerdict legs_of(const OrderbookSnapshot& book) {
  if (book.yes.empty() || book.no.empty()) return LegVerdict::kUndecided;
  return best(book.yes) + best(book.no) >= kDollar ? LegVerdict::kFlipped : LegVerdict::kUndecided;
}

LegVerdict compare_legs(std::span<const Level> streamed_no, std::span<const Level> rest_no) {
  std::size_t straight = 0;
  std::size_t flipped = 0;
  for (const auto& level : streamed_no) {
    straight += holds(rest_no, level.price.raw()) ? 1U : 0U;
    flipped += holds(rest_no, kDollar - level.price.raw()) ? 1U : 0U;
  }
  if (straight == flipped) return LegVerdict::kUndecided;
  return straight > flipped ? LegVerdict::kOwnLeg : LegVerdict::kFlipped;
}

}  // namespace kd
