#include <algorithm>

#include "sim/catalog_json.h"
#include "sim/json_text.h"
#include "sim/market_filter.h"
#include "sim/rest_page.h"

namespace kd::sim {

namespace {

constexpr std::size_t kMaxBatch = 100;
constexpr std::size_t kMaxTickerBytes = 200;
constexpr std::int64_t kMaxDepth = 100;

// The rows of a list: all markets, or those a filter can match; ascending.
class Walk {
 public:
  Walk(const World& world, std::optional<std::vector<MarketIndex>> candidates, std::int64_t from)
      : all_(!candidates), count_(static_cast<std::int64_t>(world.market_count())), at_(from) {
    if (all_) return;
    candidates_ = std::move(*candidates);
    count_ = std::ssize(candidates_);
    at_ = std::lower_bound(candidates_.begin(), candidates_.end(), from) - candidates_.begin();
  }

  std::optional<MarketIndex> next() {
    if (at_ >= count_) return std::nullopt;
    const auto at = static_cast<std::size_t>(at_++);
    return all_ ? static_cast<MarketIndex>(at) : candidates_[at];
  }

 private:
  const bool all_;
  std::int64_t count_;
  std::int64_t at_;
  std::vector<MarketIndex> candidates_;
};

}  // namespace

HttpResponse list_markets(const RestCall& call, Tier tier) {
  const auto filter = MarketFilter::parse(call.query);
  if (!filter) return bad_request(filter.error().what);
  if (tier == Tier::kHistorical && !filter->historical()) {
    return bad_request("tickers, event_ticker or series_ticker, and mve_filter=exclude only");
  }
  const auto page =
      read_page(call, 1000, 100,
                {"event_ticker", "series_ticker", "tickers", "status", "mve_filter",
                 "min_created_ts", "max_created_ts", "min_close_ts", "max_close_ts",
                 "min_settled_ts", "max_settled_ts", "min_updated_ts", "max_updated_ts"});
  if (!page) return bad_request(page.error().what);
  PageWriter rows("markets", *page);
  Walk walk(call.world, filter->candidates(call.world), page->from);
  while (const auto at = walk.next()) {
    const Market& market = call.world.market(*at);
    if (call.tier_of(market) != tier || !filter->matches(call.world, market, call.now_ms)) continue;
    if (rows.full()) return rows.finish(*at);
    append_market(rows.row(), call.world, market, call.now_ms);
  }
  return rows.finish(std::nullopt);
}

HttpResponse one_market(const RestCall& call, const Market& market) {
  std::string out;
  JsonObject object(out);
  append_market(object.key("market"), call.world, market, call.now_ms);
  object.close();
  return {200, "application/json", std::move(out), {}};
}

HttpResponse get_markets(const RestCall& call) {
  if (call.path.size() == 1) return list_markets(call, Tier::kLive);
  if (call.path.size() == 2 && call.path[1] == "trades") return get_trades(call, Tier::kLive);
  if (call.path.size() == 2 && call.path[1] == "orderbooks") return get_orderbooks(call);
  if (call.path.size() == 2 && call.path[1] == "candlesticks") return batch_candles(call);
  const auto at = call.world.find_market(call.path[1]);
  if (!at || call.tier_of(call.world.market(*at)) != Tier::kLive) return not_found();
  const Market& market = call.world.market(*at);
  if (call.path.size() == 2) return one_market(call, market);
  if (call.path.size() == 3 && call.path[2] == "orderbook") return get_orderbook(call, market);
  return not_found();
}

HttpResponse get_orderbook(const RestCall& call, const Market& market) {
  bool bad = false;
  const std::int64_t depth = call.query.number("depth", bad).value_or(0);
  if (bad || depth < 0 || depth > kMaxDepth) return bad_request("depth is 0 to 100");
  std::string out;
  JsonObject object(out);
  append_orderbook(object.key("orderbook_fp"), market, static_cast<std::size_t>(depth));
  object.close();
  return {200, "application/json", std::move(out), {}};
}

// Unknown tickers are left out.
HttpResponse get_orderbooks(const RestCall& call) {
  const auto tickers = call.query.all("tickers");
  if (tickers.empty() || tickers.size() > kMaxBatch) {
    return bad_request("tickers is repeated 1 to 100 times");
  }
  if (std::any_of(tickers.begin(), tickers.end(),
                  [](const std::string& ticker) { return ticker.size() > kMaxTickerBytes; })) {
    return bad_request("a ticker has up to 200 characters");
  }
  std::string out = "{\"orderbooks\":[";
  for (const std::string& ticker : tickers) {
    const auto at = call.world.find_market(ticker);
    if (!at || call.tier_of(call.world.market(*at)) != Tier::kLive) continue;
    if (out.back() != '[') out.push_back(',');
    JsonObject object(out);
    object.text("ticker", ticker);
    append_orderbook(object.key("orderbook_fp"), call.world.market(*at), 0);
    object.close();
  }
  out += "]}";
  return {200, "application/json", std::move(out), {}};
}

}  // namespace kd::sim
