#include "backfill/volume_line.h"

#include <algorithm>

namespace kd {
namespace {

using TradeAt = VolumeLine::TradeAt;

// Running sums over a stretch's trades: what was traded from `origin` up to and including an
// instant; less than nothing before it. Instants are asked for in ascending order.
class TradedUntil {
 public:
  TradedUntil(std::span<const TradeAt> trades, std::int64_t origin) : trades_(trades) {
    for (const auto& trade : trades) {
      if (trade.at < origin) sum_ -= trade.size;
    }
  }
  std::int64_t operator()(std::int64_t at) {
    while (next_ < trades_.size() && trades_[next_].at <= at) sum_ += trades_[next_++].size;
    return sum_;
  }

 private:
  std::span<const TradeAt> trades_;
  std::size_t next_ = 0;
  std::int64_t sum_ = 0;
};

// Sizes of block trades since the last call, from `origin` on.
class Blocks {
 public:
  Blocks(std::span<const TradeAt> trades, std::int64_t origin) : trades_(trades), origin_(origin) {}
  std::int64_t until(std::int64_t at) {
    std::int64_t size = 0;
    for (; next_ < trades_.size() && trades_[next_].at <= at; ++next_) {
      const auto& trade = trades_[next_];
      if (trade.is_block && trade.at >= origin_) size += trade.size;
    }
    return size;
  }

 private:
  std::span<const TradeAt> trades_;
  std::int64_t origin_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<VolumeLine::Difference> VolumeLine::check(std::int64_t from, std::int64_t to,
                                                      std::int64_t slack,
                                                      std::span<const TradeAt> trades,
                                                      std::span<const VolumeAt> tickers) {
  std::vector<Difference> differences;
  TradedUntil least(trades, from);
  TradedUntil most(trades, from);
  Blocks blocks(trades, from);
  for (const auto& ticker : tickers) {
    bounds_.low.value -= blocks.until(ticker.at + slack);
    const auto high = ticker.volume - least(ticker.at - slack - 1);
    const auto low = ticker.volume - most(ticker.at + slack);
    if (const auto difference = take({.low = {low, ticker}, .high = {high, ticker}})) {
      differences.push_back(*difference);
    }
  }
  // From here on, trades are counted from `to`.
  const auto traded = TradedUntil(trades, from)(to - 1);
  bounds_.low.value += traded - blocks.until(to - 1);
  bounds_.high.value += traded;
  return differences;
}

std::optional<VolumeLine::Difference> VolumeLine::take(const Bounds& own) {
  const auto contradiction = [&](const VolumeAt earlier, std::int64_t amount) {
    const auto& ticker = own.low.by;
    const auto expected = ticker.volume - earlier.volume;
    bounds_ = own;
    return Difference{
        .after = earlier.at, .at = ticker.at, .expected = expected, .found = expected - amount};
  };
  if (own.low.value > bounds_.high.value) {
    return contradiction(bounds_.high.by, own.low.value - bounds_.high.value);
  }
  if (own.high.value < bounds_.low.value) {
    return contradiction(bounds_.low.by, own.high.value - bounds_.low.value);
  }
  // The latest of equals, so that a difference is narrowed down as far as it can be.
  if (own.low.value >= bounds_.low.value) bounds_.low = own.low;
  if (own.high.value <= bounds_.high.value) bounds_.high = own.high;
  return std::nullopt;
}

}  // namespace kd
