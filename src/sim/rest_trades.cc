#include "sim/catalog_json.h"
#include "sim/rest_page.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

struct TradeFilter {
  std::optional<MarketIndex> market;
  std::optional<std::int64_t> min_s, max_s;
  std::optional<bool> block;

  bool matches(const TradeRecord& trade) const {
    const std::int64_t second = floor_div(trade.ts_us, 1'000'000);
    return (!market || trade.market == *market) && (!min_s || second >= *min_s) &&
           (!max_s || second <= *max_s) && (!block || trade.block == *block);
  }
};

}  // namespace

// Newest first. A cursor names the number of the trade to go on with, so that trades that come in
// meanwhile neither shift nor repeat rows.
HttpResponse get_trades(const RestCall& call, Tier tier) {
  TradeFilter filter;
  bool bad = false;
  filter.min_s = call.query.number("min_ts", bad);
  filter.max_s = call.query.number("max_ts", bad);
  if (bad) return bad_request("min_ts and max_ts are Unix seconds");
  const bool block = call.query.flag("is_block_trade", bad);
  if (bad) return bad_request("is_block_trade is true or false");
  if (!call.query.text("is_block_trade").empty()) filter.block = block;
  const auto page = read_page(call, 1000, 100, {"ticker", "min_ts", "max_ts", "is_block_trade"});
  if (!page) return bad_request(page.error().what);
  PageWriter rows("trades", *page);
  const auto& trades = call.world.trades();
  if (!call.query.text("ticker").empty()) {
    filter.market = call.world.find_market(call.query.text("ticker"));
    if (!filter.market) return rows.finish(std::nullopt);
  }
  if (trades.empty()) return rows.finish(std::nullopt);
  const bool first_page = call.query.text("cursor").empty();
  const std::int64_t oldest = trades.front().number;
  const std::int64_t newest = trades.back().number;
  for (std::int64_t at = first_page ? newest : std::min(newest, page->from); at >= oldest; --at) {
    const TradeRecord& trade = trades[static_cast<std::size_t>(at - oldest)];
    if (call.tier_of(trade) != tier || !filter.matches(trade)) continue;
    if (rows.full()) return rows.finish(at);
    append_trade(rows.row(), call.world, trade);
  }
  return rows.finish(std::nullopt);
}

}  // namespace kd::sim
