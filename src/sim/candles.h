#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace kd::sim {

// Prices 1e-5 dollar.
struct Ohlc {
  std::int32_t open = 0, low = 0, high = 0, close = 0;
  static Ohlc of(std::int32_t price) { return {price, price, price, price}; }
  void add(std::int32_t price);
  void add(const Ohlc& later);
};

// What happened to one market in one minute. Sizes hundredths of a contract.
struct Candle {
  std::uint32_t previous = 0;  // handle of the market's candle before this one; 0: none
  std::int64_t minute = 0;     // since the epoch
  Ohlc yes_bid, yes_ask;
  Ohlc price;  // meaningful when volume > 0
  std::int64_t price_times_size = 0;
  std::int64_t volume = 0;
  std::int64_t open_interest = 0;
};

// The newest minute candles of all markets, up to a number; a market keeps the handle of its last
// one. A value.
class Candles {
 public:
  static constexpr std::size_t kKept = 500'000;

  // `handle`: the market's, renewed when a minute begins. `minute` never decreases in one market.
  void quote(std::uint32_t& handle, std::int64_t minute, std::int32_t yes_bid, std::int32_t yes_ask,
             std::int64_t open_interest);
  void trade(std::uint32_t& handle, std::int64_t minute, std::int32_t price, std::int64_t size);

  // Those of the minutes from `first` to `last`, oldest first, and, when `before` is not null, the
  // last one earlier than that (untouched when there is none).
  std::vector<Candle> between(std::uint32_t handle, std::int64_t first, std::int64_t last,
                              Candle* before = nullptr) const;

 private:
  Candle& at_minute(std::uint32_t& handle, std::int64_t minute);
  const Candle* find(std::uint32_t handle) const;

  std::deque<Candle> kept_;
  std::uint32_t first_ = 1;  // handle of kept_.front()
};

}  // namespace kd::sim
