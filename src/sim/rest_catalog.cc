#include "sim/catalog_json.h"
#include "sim/feed_event.h"
#include "sim/json_text.h"
#include "sim/market_filter.h"
#include "sim/rest_page.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::string_view kNestedIsBoolean = "with_nested_markets is true or false";
constexpr std::string_view kVolumeIsBoolean = "include_volume is true or false";

// Which markets are nested in their event.
MarketChoice listing(const RestCall& call, bool nested) {
  if (!nested) return {};
  return [&call](const Market& market) { return call.tier_of(market) == Tier::kLive; };
}

class EventFilter {
 public:
  EventFilter(const RestCall& call, bool combos) : call_(call), combos_(combos) {
    tickers_ = call.query.list("tickers");
    min_close_s_ = call.query.number("min_close_ts", bad_);
    min_updated_s_ = call.query.number("min_updated_ts", bad_);
    bad_ |= !status_matches(call.query.text("status"), MarketStatus::kActive);
  }

  bool bad() const { return bad_; }

  bool matches(const Event& event) const {
    const std::string_view series = call_.query.text("series_ticker");
    const std::string_view collection = call_.query.text("collection_ticker");
    const std::string& of = call_.world.series(event.series).ticker;
    if (event.combo != combos_) return false;
    if (!series.empty() && of != series) return false;
    if (!collection.empty() && of + "-R" != collection) return false;
    if (!tickers_.empty() &&
        std::find(tickers_.begin(), tickers_.end(), event.ticker) == tickers_.end()) {
      return false;
    }
    return std::any_of(event.markets.begin(), event.markets.end(),
                       [&](MarketIndex at) { return matches(call_.world.market(at)); });
  }

 private:
  bool matches(const Market& market) const {
    if (call_.tier_of(market) == Tier::kNowhere) return false;
    const auto late_enough = [&](std::int64_t ms, std::optional<std::int64_t> min_s) {
      return !min_s || ms == kNever || ms - market.shown_offset_ms >= *min_s * 1000;
    };
    return *status_matches(call_.query.text("status"), status_at(market, call_.now_ms)) &&
           late_enough(market.times.close, min_close_s_) &&
           late_enough(market.times.updated, min_updated_s_);
  }

  const RestCall& call_;
  const bool combos_;
  std::vector<std::string> tickers_;
  std::optional<std::int64_t> min_close_s_, min_updated_s_;
  bool bad_ = false;
};

HttpResponse list_events(const RestCall& call, bool combos) {
  const EventFilter filter(call, combos);
  if (filter.bad()) return bad_request("unknown status, or a time that is no Unix second");
  if (call.query.has("series_ticker") && call.query.has("collection_ticker")) {
    return bad_request("series_ticker and collection_ticker exclude each other");
  }
  const auto page = read_page(call, 200, combos ? 100 : 200,
                              {"status", "series_ticker", "collection_ticker", "tickers",
                               "min_close_ts", "min_updated_ts"});
  if (!page) return bad_request(page.error().what);
  bool bad = false;
  const bool nested = call.query.flag("with_nested_markets", bad);
  if (bad) return bad_request(kNestedIsBoolean);
  PageWriter rows("events", *page);
  const auto count = static_cast<std::int64_t>(call.world.event_count());
  for (std::int64_t at = page->from; at < count; ++at) {
    const Event& event = call.world.event(static_cast<EventIndex>(at));
    if (!filter.matches(event)) continue;
    if (rows.full()) return rows.finish(at);
    append_event(rows.row(), call.world, event, call.now_ms, listing(call, nested));
  }
  return rows.finish(std::nullopt);
}

HttpResponse one_event(const RestCall& call, const Event& event) {
  bool bad = false;
  const bool nested = call.query.flag("with_nested_markets", bad);
  if (bad) return bad_request(kNestedIsBoolean);
  std::string out;
  JsonObject object(out);
  append_event(object.key("event"), call.world, event, call.now_ms, listing(call, nested));
  std::string& list = object.key("markets");
  list.push_back('[');
  for (const MarketIndex at : event.markets) {
    const Market& market = call.world.market(at);
    if (nested || call.tier_of(market) != Tier::kLive) continue;
    if (list.back() != '[') list.push_back(',');
    append_market(list, call.world, market, call.now_ms);
  }
  list.push_back(']');
  object.close();
  return {200, "application/json", std::move(out), {}};
}

HttpResponse event_metadata(const RestCall& call, const Event& event) {
  std::string out;
  JsonObject object(out);
  object.text("image_url", "").text("featured_image_url", "");
  std::string& list = object.key("market_details");
  list.push_back('[');
  for (const MarketIndex at : event.markets) {
    if (call.tier_of(call.world.market(at)) != Tier::kLive) continue;
    if (list.back() != '[') list.push_back(',');
    JsonObject market(list);
    market.text("market_ticker", call.world.market(at).ticker).text("image_url", "").close();
  }
  list.push_back(']');
  object.raw("settlement_sources", "[]").text("competition", "").text("competition_scope", "");
  object.close();
  return {200, "application/json", std::move(out), {}};
}

// The overrides of events that have one now.
HttpResponse event_fee_changes(const RestCall& call) {
  const auto page = read_page(call, 1000, 100, {"event_ticker"});
  if (!page) return bad_request(page.error().what);
  PageWriter rows("event_fee_change_arr", *page);
  const auto& changed = call.world.events_with_fees();
  for (std::size_t at = static_cast<std::size_t>(page->from); at < changed.size(); ++at) {
    const Event& event = call.world.event(changed[at]);
    const std::string_view only = call.query.text("event_ticker");
    if (event.fee_type.empty() || (!only.empty() && event.ticker != only)) continue;
    if (rows.full()) return rows.finish(static_cast<std::int64_t>(at));
    JsonObject object(rows.row());
    object.text("id", uuid_from_text(event.ticker)).text("event_ticker", event.ticker);
    append_fee_override(object, event);
    object.text("scheduled_ts", rfc3339_from_ms(event.fee_since_ms)).close();
  }
  return rows.finish(std::nullopt);
}

HttpResponse list_series(const RestCall& call) {
  const std::string_view category = call.query.text("category");
  bool bad = false;
  const bool volume = call.query.flag("include_volume", bad);
  if (bad) return bad_request(kVolumeIsBoolean);
  call.query.number("min_updated_ts", bad);  // checked only: a series here is never updated
  if (bad) return bad_request("min_updated_ts is a Unix second");
  std::string out = "{\"series\":[";
  for (SeriesIndex at = 0; at < call.world.series_count(); ++at) {
    const Series& series = call.world.series(at);
    if (!category.empty() && series.category != category) continue;
    if (!call.query.text("tags").empty()) continue;  // no series here has tags
    if (out.back() != '[') out.push_back(',');
    append_series(out, call.world, series, call.now_ms, volume);
  }
  out += "]}";
  return {200, "application/json", std::move(out), {}};
}

// /series/{series}/markets/{ticker}/candlesticks, /series/{series}/events/{event}/candlesticks
HttpResponse series_candles(const RestCall& call) {
  const World& world = call.world;
  const auto series = world.find_series(call.path[1]);
  const bool of_event = call.path[2] == "events";
  if (!series || (!of_event && call.path[2] != "markets")) return not_found();
  if (of_event) {
    const auto at = world.find_event(call.path[3]);
    const bool known = at && world.event(*at).series == *series;
    return known ? event_candles(call, world.event(*at)) : not_found();
  }
  const auto at = world.find_market(call.path[3]);
  const bool known = at && world.event(world.market(*at).event).series == *series &&
                     call.tier_of(world.market(*at)) == Tier::kLive;
  return known ? market_candles(call, *at, Tier::kLive) : not_found();
}

}  // namespace

HttpResponse get_events(const RestCall& call) {
  if (call.path.size() == 1) return list_events(call, false);
  if (call.path.size() == 2 && call.path[1] == "multivariate") return list_events(call, true);
  if (call.path.size() == 2 && call.path[1] == "fee_changes") return event_fee_changes(call);
  const auto at = call.world.find_event(call.path[1]);
  if (!at) return not_found();
  if (call.path.size() == 2) return one_event(call, call.world.event(*at));
  const bool metadata = call.path.size() == 3 && call.path[2] == "metadata";
  return metadata ? event_metadata(call, call.world.event(*at)) : not_found();
}

HttpResponse get_series(const RestCall& call) {
  if (call.path.size() == 1) return list_series(call);
  if (call.path.size() == 2 && call.path[1] == "fee_changes") {
    return {200, "application/json", R"({"series_fee_change_arr":[]})", {}};
  }
  if (call.path.size() == 5 && call.path[4] == "candlesticks") return series_candles(call);
  const auto at = call.path.size() == 2 ? call.world.find_series(call.path[1]) : std::nullopt;
  if (!at) return not_found();
  bool bad = false;
  const bool volume = call.query.flag("include_volume", bad);
  if (bad) return bad_request(kVolumeIsBoolean);
  std::string out;
  JsonObject object(out);
  append_series(object.key("series"), call.world, call.world.series(*at), call.now_ms, volume);
  object.close();
  return {200, "application/json", std::move(out), {}};
}

}  // namespace kd::sim
