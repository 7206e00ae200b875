#include "backfill/trade_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/copy_row.h"
#include "model/rfc3339.h"

namespace kd {
namespace {

constexpr std::string_view kGatherer = "rest";
// Beyond it an answer is none to what was asked.
constexpr std::chrono::seconds kOverlap{2};

Micros stamp_of(const RestTrade& trade) { return trade.time.finer.value_or(trade.time.at); }

std::string hex(const Uuid& id) {
  std::string out;
  for (const char byte : id.view()) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

}  // namespace

void TradeRows::add(const TradesPage& page, Micros received) {
  for (const auto& entry : page.unreadable) refuse({received, entry.reason, entry.text});
  for (const auto& trade : page.trades) {
    const auto at = stamp_of(trade);
    if (at < window_.from - kOverlap || at > window_.to + kOverlap) {
      refuse({received, "created_time: outside of what was asked for",
              fmt::format("trade {} of {} at {}", hex(trade.trade_id), trade.ticker,
                          format_rfc3339(at))});
      continue;
    }
    if (!window_.holds(at) || !wanted_.wants(trade.ticker, Channel::kTrade)) continue;
    if (seen_.insert(trade.trade_id).second) add_row(trade, received);
  }
}

void TradeRows::add_row(const RestTrade& trade, Micros received) {
  CopyRowWriter row(bytes_);
  row.begin_row(10);
  row.bytes(trade.trade_id.view());
  row.int8(to_us(trade.time.at));
  row.int8(trade.time.finer ? std::optional(to_us(*trade.time.finer)) : std::nullopt);
  row.int8(to_us(received));
  row.bytes(trade.ticker);
  row.int4(trade.yes_price.raw());
  row.int8(trade.size.hundredths());
  row.boolean(is_yes(trade.taker_side));
  trade.is_block ? row.boolean(*trade.is_block) : row.null();
  row.bytes(kGatherer);
  ++rows_;
  oldest_ = std::min(oldest_, trade.time.at);
  newest_ = std::max(newest_, trade.time.at);
}

void TradeRows::refuse(RefusedTrade trade) {
  refused_.push_back(std::move(trade));
  ++total_refused_;
}

void TradeRows::clear() {
  bytes_.clear();
  rows_ = 0;
  oldest_ = Micros::max();
  newest_ = Micros::min();
  refused_.clear();
}

std::string_view trade_columns() {
  return "trade_id, exchange_ts, exchange_us, received_at, ticker, price, size, taker_side, "
         "is_block, gatherer";
}

}  // namespace kd
