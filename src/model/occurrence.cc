#include "model/occurrence.h"

#include <algorithm>
#include <limits>

namespace kd {
namespace {

constexpr std::int64_t kAbsent = std::numeric_limits<std::int64_t>::min();

class Fnv1a {
 public:
  void add(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) {
      hash_ = (hash_ ^ (bits & 0xff)) * 0x100000001b3ULL;
    }
  }
  void add(const std::optional<Price>& price) { add(price ? price->raw() : kAbsent); }
  void add(const std::optional<Size>& size) { add(size ? size->hundredths() : kAbsent); }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace

RowNumber RowNumbering::number(Micros exchange_ts, std::uint64_t content, Micros joined) {
  if (exchange_ts > newest_) forget(exchange_ts);
  auto at = seen_.end();  // behind the rows of its time: at the end, unless time steps back
  while (at != seen_.begin() && (at - 1)->at > exchange_ts) --at;
  std::int32_t occurrence = 0;
  std::int32_t ordinal = exchange_ts <= joined ? kJoinedMidway : 0;
  for (auto same = at; same != seen_.begin() && (same - 1)->at == exchange_ts; --same) {
    ++ordinal;
    if ((same - 1)->content == content) ++occurrence;
  }
  const bool certain = exchange_ts >= newest_ - kMemory;
  seen_.insert(at, {exchange_ts, content});
  newest_ = std::max(newest_, exchange_ts);
  constexpr std::int32_t kMost = std::numeric_limits<std::int16_t>::max();
  return {static_cast<std::int16_t>(std::min(occurrence, kMost)), ordinal, certain};
}

void RowNumbering::forget(Micros newest) {
  if (seen_.size() < forget_at_) return;
  std::erase_if(seen_, [&](const Seen& row) { return row.at < newest - kMemory; });
  forget_at_ = std::max(kWorthForgetting, 2 * seen_.size());  // amortised: constant a row
}

std::uint64_t delta_content(const OrderbookDelta& delta) {
  const auto level = (static_cast<std::uint64_t>(delta.price.raw()) << 1) |
                     static_cast<std::uint64_t>(is_yes(delta.side));
  const auto change = delta.change.hundredths();
  constexpr std::int64_t kMost = (std::int64_t{1} << 45) - 1;
  if (change >= -kMost && change <= kMost) {
    return level | (static_cast<std::uint64_t>(change) << 18);
  }
  Fnv1a hash;
  hash.add(static_cast<std::int64_t>(level));
  hash.add(change);
  return hash.value();
}

std::int64_t ticker_content_hash(const TickerUpdate& ticker) {
  Fnv1a hash;
  hash.add(ticker.yes_bid);
  hash.add(ticker.yes_ask);
  hash.add(ticker.last_price);
  hash.add(ticker.volume);
  hash.add(ticker.open_interest);
  hash.add(ticker.dollar_volume.value_or(kAbsent));
  hash.add(ticker.dollar_open_interest.value_or(kAbsent));
  hash.add(ticker.yes_bid_size);
  hash.add(ticker.yes_ask_size);
  hash.add(ticker.last_trade_size);
  return static_cast<std::int64_t>(hash.value());
}

}  // namespace kd
