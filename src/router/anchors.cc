#include "router/anchors.h"

#include <algorithm>

namespace kd {
namespace {

std::vector<std::int64_t> flat(std::span<const Level> levels) {
  std::vector<std::int64_t> out;
  out.reserve(levels.size() * 2);
  for (const auto& level : levels) {
    out.push_back(level.price.raw());
    out.push_back(level.size.hundredths());
  }
  return out;
}

}  // namespace

void Anchors::add(std::uint32_t market, const OrderbookSnapshot& snapshot, Micros snapshot_ts,
                  std::int16_t occurrence, const Origin& origin) {
  if (by_market_.size() <= market) by_market_.resize(std::size_t{market} + 1);
  by_market_[market].push_back({.snapshot_ts = snapshot_ts,
                                .occurrence = occurrence,
                                .origin = origin,
                                .yes_bids = flat(snapshot.yes),
                                .no_bids = flat(snapshot.no),
                                .deltas = {}});
  due_.push_back({snapshot_ts + kSpan + kGrace, origin.received, market});
}

void Anchors::on_delta(std::uint32_t market, const OrderbookDelta& delta, RowBatch& out) {
  if (!waits(market)) return;
  std::erase_if(by_market_[market], [&](Pending& pending) {
    if (delta.time.at > pending.anchor_ts()) {
      write(market, pending, true, out);
      return true;
    }
    pending.deltas.insert(pending.deltas.end(), {to_us(delta.time.at), is_yes(delta.side) ? 1 : 0,
                                                 delta.price.raw(), delta.change.hundredths()});
    return false;
  });
}

void Anchors::expire(Micros sending, RowBatch& out) {
  while (!due_.empty() && due_.front().at < sending) {
    const auto market = due_.front().market;
    std::erase_if(by_market_[market], [&](const Pending& pending) {
      if (pending.anchor_ts() + kGrace >= sending) return false;
      write(market, pending, true, out);
      return true;
    });
    due_.pop_front();
  }
}

void Anchors::expire_unheard(Micros now, Micros sending, RowBatch& out) {
  while (!due_.empty() && due_.front().received + kPatience < now) {
    const auto market = due_.front().market;
    std::erase_if(by_market_[market], [&](const Pending& pending) {
      if (pending.origin.received + kPatience >= now) return false;
      write(market, pending, sending > pending.anchor_ts(), out);
      return true;
    });
    due_.pop_front();
  }
}

void Anchors::finish(Micros sending, RowBatch& out) {
  for (std::uint32_t market = 0; market < by_market_.size(); ++market) {
    for (const auto& pending : by_market_[market]) {
      write(market, pending, sending > pending.anchor_ts(), out);
    }
    by_market_[market].clear();
  }
  due_.clear();
}

void Anchors::write(std::uint32_t market, const Pending& pending, bool anchored,
                    RowBatch& out) const {
  append_snapshot(out, {.ticker = tickers_.name(market),
                        .snapshot_ts = pending.snapshot_ts,
                        .yes_bids = pending.yes_bids,
                        .no_bids = pending.no_bids,
                        .anchor_ts = anchored ? std::optional(pending.anchor_ts()) : std::nullopt,
                        .anchor_deltas = pending.deltas,
                        .occurrence = pending.occurrence,
                        .origin = pending.origin});
}

}  // namespace kd
