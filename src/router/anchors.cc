#include "router/anchors.h"

#include <algorithm>

namespace kd {
namespace {

// A waiting book as bytes: the number of yes levels, then price and size of each level, yes before
// no, all as LEB128 varints. Some 6 bytes a level: a start has a million books waiting.
void pack(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::uint64_t unpack(const std::uint8_t*& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    value |= static_cast<std::uint64_t>(*at & 0x7f) << shift;
    if ((*at++ & 0x80) == 0) return value;
  }
}

std::vector<std::uint8_t> packed(const OrderbookSnapshot& book) {
  constexpr std::size_t kUsual = 6;
  std::vector<std::uint8_t> out;
  out.reserve(2 + kUsual * (book.yes.size() + book.no.size()));
  pack(out, book.yes.size());
  for (const auto side : {book.yes, book.no}) {
    for (const auto& level : side) {
      pack(out, static_cast<std::uint64_t>(level.price.raw()));
      pack(out, static_cast<std::uint64_t>(level.size.hundredths()));
    }
  }
  return out;
}

void unpack_levels(const std::vector<std::uint8_t>& bytes, std::vector<std::int64_t>& yes,
                   std::vector<std::int64_t>& no) {
  yes.clear();
  no.clear();
  const auto* at = bytes.data();
  const auto* const end = at + bytes.size();
  const auto yes_values = 2 * unpack(at);
  while (at != end) {
    auto& side = yes.size() < yes_values ? yes : no;
    side.push_back(static_cast<std::int64_t>(unpack(at)));
  }
}

}  // namespace

void Anchors::add(std::uint32_t market, const OrderbookSnapshot& snapshot, Micros snapshot_ts,
                  std::int16_t occurrence, const Origin& origin) {
  if (waits_.size() <= market) waits_.resize(std::size_t{market} + 1);
  waits_[market] = true;
  ++pending_;
  by_market_[market].push_back({.snapshot_ts = snapshot_ts,
                                .occurrence = occurrence,
                                .origin = origin,
                                .levels = packed(snapshot),
                                .deltas = {},
                                .spoiled = false});
  due_.push_back({snapshot_ts + kSpan + kGrace, origin.received, market});
}

template <typename Done>
void Anchors::settle(std::uint32_t market, Done done) {
  const auto found = by_market_.find(market);
  if (found == by_market_.end()) return;
  pending_ -= std::erase_if(found->second, done);
  if (!found->second.empty()) return;
  by_market_.erase(found);
  waits_[market] = false;
}

void Anchors::on_delta(std::uint32_t market, const OrderbookDelta& delta, RowBatch& out) {
  if (!waits(market)) return;
  settle(market, [&](Pending& pending) {
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
    settle(market, [&](const Pending& pending) {
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
    settle(market, [&](const Pending& pending) {
      if (pending.origin.received + kPatience >= now) return false;
      write(market, pending, sending > pending.anchor_ts(), out);
      return true;
    });
    due_.pop_front();
  }
}

void Anchors::finish(Micros sending, RowBatch& out) {
  for (const auto& [market, waiting] : by_market_) {
    for (const auto& pending : waiting) {
      write(market, pending, sending > pending.anchor_ts(), out);
    }
  }
  discard();
}

void Anchors::spoil(std::uint32_t market) {
  const auto found = by_market_.find(market);
  if (found == by_market_.end()) return;
  for (auto& pending : found->second) pending.spoiled = true;
}

void Anchors::spoil_all() {
  for (auto& [market, waiting] : by_market_) {
    for (auto& pending : waiting) pending.spoiled = true;
  }
}

void Anchors::discard() {
  by_market_.clear();
  waits_.assign(waits_.size(), false);
  pending_ = 0;
  due_.clear();
}

void Anchors::write(std::uint32_t market, const Pending& pending, bool anchored, RowBatch& out) {
  unpack_levels(pending.levels, yes_, no_);
  anchored = anchored && !pending.spoiled;
  append_snapshot(out, {.ticker = tickers_.name(market),
                        .snapshot_ts = pending.snapshot_ts,
                        .yes_bids = yes_,
                        .no_bids = no_,
                        .anchor_ts = anchored ? std::optional(pending.anchor_ts()) : std::nullopt,
                        .anchor_deltas = pending.deltas,
                        .occurrence = pending.occurrence,
                        .origin = pending.origin});
}

}  // namespace kd
