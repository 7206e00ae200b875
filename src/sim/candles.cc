#include "sim/candles.h"

#include <algorithm>

#include "sim/numbers.h"

namespace kd::sim {

void Ohlc::add(std::int32_t price) { add(of(price)); }

void Ohlc::add(const Ohlc& later) {
  low = std::min(low, later.low);
  high = std::max(high, later.high);
  close = later.close;
}

const Candle* Candles::find(std::uint32_t handle) const {
  if (handle < first_ || handle - first_ >= kept_.size()) return nullptr;
  return &kept_[handle - first_];
}

Candle& Candles::at_minute(std::uint32_t& handle, std::int64_t minute) {
  const Candle* last = find(handle);
  if (last != nullptr && last->minute >= minute) return kept_[handle - first_];
  Candle next;
  next.minute = minute;
  if (last != nullptr) {
    next.previous = handle;
    next.yes_bid = Ohlc::of(last->yes_bid.close);
    next.yes_ask = Ohlc::of(last->yes_ask.close);
    next.price = Ohlc::of(last->price.close);
    next.open_interest = last->open_interest;
  } else {
    next.yes_ask = Ohlc::of(kDollar);
  }
  kept_.push_back(next);
  handle = first_ + static_cast<std::uint32_t>(kept_.size() - 1);
  if (kept_.size() > kKept) {
    kept_.pop_front();
    ++first_;
  }
  return kept_.back();
}

void Candles::quote(std::uint32_t& handle, std::int64_t minute, std::int32_t yes_bid,
                    std::int32_t yes_ask, std::int64_t open_interest) {
  Candle& candle = at_minute(handle, minute);
  candle.yes_bid.add(yes_bid);
  candle.yes_ask.add(yes_ask);
  candle.open_interest = open_interest;
}

void Candles::trade(std::uint32_t& handle, std::int64_t minute, std::int32_t price,
                    std::int64_t size) {
  Candle& candle = at_minute(handle, minute);
  if (candle.volume == 0) candle.price = Ohlc::of(price);
  candle.price.add(price);
  candle.price_times_size += price * size;
  candle.volume += size;
}

std::vector<Candle> Candles::between(std::uint32_t handle, std::int64_t first, std::int64_t last,
                                     Candle* before) const {
  std::vector<Candle> found;
  const Candle* at = find(handle);
  for (; at != nullptr && at->minute >= first; at = find(at->previous)) {
    if (at->minute <= last) found.push_back(*at);
  }
  if (at != nullptr && before != nullptr) *before = *at;
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace kd::sim
