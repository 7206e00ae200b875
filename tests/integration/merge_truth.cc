#include "integration/merge_truth.h"

#include <algorithm>

namespace kd {
namespace {

constexpr std::size_t kMarkets = 4;

std::int64_t pick(std::mt19937_64& random, std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

Price some_price(std::mt19937_64& random) { return *Price::from_cents(pick(random, 40, 44)); }

// A change that the book takes: where it would fall below zero, the opposite one.
Size possible(OrderBook& book, Side side, Price price, Size size) {
  if (book.apply(side, price, size)) return size;
  const Size opposite(-size.hundredths());
  static_cast<void>(book.apply(side, price, opposite));
  return opposite;
}

}  // namespace

ChangeKey key_of(const TrueChange& change) {
  return {change.ts_ms, change.market, is_yes(change.side), change.price.raw(),
          change.change.hundredths()};
}

MergeTruth make_truth(std::mt19937_64& random, const std::string& prefix, std::int64_t from_ms,
                      std::int64_t length_ms) {
  MergeTruth truth{
      .tickers = {}, .changes = {}, .from_ms = from_ms, .until_ms = from_ms + length_ms};
  for (std::size_t i = 0; i < kMarkets; ++i) truth.tickers.push_back(prefix + std::to_string(i));
  std::vector<OrderBook> books(kMarkets);
  std::int64_t sending = from_ms;
  for (auto at = from_ms; at < truth.until_ms; at += pick(random, 1, 25)) {
    const auto market = static_cast<std::size_t>(pick(random, 0, kMarkets - 1));
    const auto side = pick(random, 0, 1) == 0 ? Side::kNo : Side::kYes;
    const auto price = some_price(random);
    const bool equal = pick(random, 0, 1) == 0;
    const auto length = pick(random, 0, 2) == 0 ? pick(random, 2, 6) : 1;
    for (std::int64_t i = 0; i < length; ++i) {
      const auto where = equal ? price : some_price(random);
      const Size wanted(equal ? (i % 3 == 1 ? -100 : 100) : pick(random, -9, 9) * 50 + 25);
      const auto change = possible(books[market], side, where, wanted);
      sending = std::max(sending, at + pick(random, 1, 9));
      truth.changes.push_back({.ts_ms = at,
                               .sending_ms = sending,
                               .market = market,
                               .side = side,
                               .price = where,
                               .change = change});
    }
  }
  return truth;
}

}  // namespace kd
