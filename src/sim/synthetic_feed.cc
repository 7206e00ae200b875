#include "sim/synthetic_feed.h"

#include <algorithm>

namespace kd::sim {

namespace {

constexpr double kSkew = 0.9;
// After a stall no more than this is made up for at once.
constexpr double kMostBehindSeconds = 0.5;
constexpr int kTries = 8;

}  // namespace

SyntheticFeed::SyntheticFeed(Exchange& exchange, const SyntheticOptions& options,
                             std::int64_t now_ms)
    : exchange_(exchange),
      options_(options),
      made_(exchange.world, options, now_ms),
      life_(options, made_.random()),
      activity_(options.markets, kSkew) {
  for (const MarketIndex market : made_.make_first_markets()) slots_.push_back({market});
  // So that the busiest markets are not all of the first event.
  for (std::size_t i = slots_.size(); i > 1; --i) {
    std::swap(slots_[i - 1], slots_[made_.random().below(i)]);
  }
}

Expected<std::size_t> SyntheticFeed::play(std::int64_t now_ms, std::size_t limit) {
  emitted_ = 0;
  if (stopped_) return emitted_;
  if (last_now_ms_ == 0) last_now_ms_ = now_ms - 1;
  const double passed_s =
      static_cast<double>(std::max<std::int64_t>(0, now_ms - last_now_ms_)) / 1e3;
  const double most = options_.rate * kMostBehindSeconds + 1;
  budget_ = std::clamp(budget_ + passed_s * options_.rate, -most, most);
  if (now_ms > last_now_ms_) from_ms_ = std::exchange(last_now_ms_, now_ms);
  LifeStep step{};
  const auto holder = [this](std::size_t slot) { return slots_[slot].market; };
  while (life_.next(now_ms, holder, step)) live(step);
  while (budget_ >= 1 && emitted_ < limit) act_once(now_ms);
  return emitted_;
}

void SyntheticFeed::act_once(std::int64_t now_ms) {
  Slot* slot = choose(now_ms);
  if (slot == nullptr) {
    budget_ -= 1;  // every market is idle
    return;
  }
  const auto span = static_cast<std::uint64_t>(std::max<std::int64_t>(1, now_ms - from_ms_));
  const auto within = static_cast<std::int64_t>(made_.random().below(span));
  const std::int64_t ts_ms = std::min(now_ms, std::max(from_ms_ + 1 + within, slot->last_ms + 1));
  const Market& market = exchange_.world.market(slot->market);
  flow_.act(market, made_.fair(slot->market), made_.random(), changes_);
  slot->last_ms = ts_ms;
  emit(slot->market, ts_ms);
}

// A market that has not acted in this millisecond yet; any that is open when there is none.
SyntheticFeed::Slot* SyntheticFeed::choose(std::int64_t now_ms) {
  Slot* open = nullptr;
  for (int i = 0; i < kTries; ++i) {
    Slot& slot = slots_[activity_.pick(made_.random())];
    if (slot.idle) continue;
    open = &slot;
    if (slot.last_ms < now_ms) break;
  }
  return open;
}

void SyntheticFeed::emit(MarketIndex index, std::int64_t ts_ms) {
  const Market& market = exchange_.world.market(index);
  for (const Change& change : changes_) {
    event_.restart(change.is_trade ? FeedKind::kTrade : FeedKind::kDelta, index);
    event_.ts_ms = ts_ms;
    event_.yes = change.yes;
    event_.price = change.price;
    event_.size = change.size;
    event_.block = change.block;
    if (change.is_trade) {
      event_.trade_id = made_.random().uuid();
      write_trade(event_, market);
    } else {
      write_delta(event_, market);
    }
    publish(event_);
  }
  emit_ticker(index, ts_ms);
}

void SyntheticFeed::emit_ticker(MarketIndex index, std::int64_t ts_ms) {
  const Market& market = exchange_.world.market(index);
  const TickerState now = current_ticker(market);
  if (now == market.ticker_state) return;
  event_.restart(FeedKind::kTicker, index);
  event_.ts_ms = ts_ms;
  event_.ticker = now;
  write_ticker(event_, market);
  publish(event_);
}

void SyntheticFeed::publish(FeedEvent& event) {
  last_sending_ms_ = std::max(last_sending_ms_, last_now_ms_);
  if (event.ts_ms != kNoTime) last_sending_ms_ = std::max(last_sending_ms_, event.ts_ms + 1);
  event.sending_ms = last_sending_ms_;
  exchange_.publish(event);
  budget_ -= 1;
  ++emitted_;
}

}  // namespace kd::sim
