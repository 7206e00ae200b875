#include "sim/feed_event.h"

#include <fmt/format.h>

#include "sim/json_text.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::string_view kMarketLifecycle = "market_lifecycle_v2";
constexpr std::string_view kComboLifecycle = "multivariate_market_lifecycle";

void begin_lifecycle(FeedEvent& event, const Market& market, std::string_view type) {
  event.kind = FeedKind::kLifecycle;
  event.wire_type = is_combo_ticker(market.ticker) ? kComboLifecycle : kMarketLifecycle;
  event.lifecycle_type = type;
  event.subject = market.ticker;
  event.ts_ms = event.ts_us = kNoTime;
  event.msg.clear();
}

void append_id(JsonObject& object, const Market& market) {
  std::string& out = object.key("market_id");
  out.push_back('"');
  append_market_id(out, market);
  out.push_back('"');
}

void begin_event(FeedEvent& event, const Event& of, std::string_view type) {
  event.restart(FeedKind::kLifecycle, kNoMarket);
  event.wire_type = event.lifecycle_type = type;
  event.subject = of.ticker;
}

void append_metadata(std::string& out, const Market& market, const Event& of,
                     std::int64_t offset_ms) {
  JsonObject object(out);
  const std::string_view strike = strike_of(market);
  object.text("name", strike).text("title", of.title);
  object.text("yes_sub_title", strike).text("no_sub_title", strike);
  object.text("rules_primary", of.title).text("rules_secondary", "");
  object.boolean("can_close_early", true).text("event_ticker", of.ticker);
  object.number("expected_expiration_ts", floor_div(market.times.close - offset_ms, 1000));
  object.close();
}

}  // namespace

std::int64_t TimeMap::us(std::int64_t recorded) const {
  const std::int64_t shifted = recorded + shift_ms * 1000;
  return cut_to_ms ? floor_div(shifted, 1000) * 1000 : shifted;
}

std::int64_t TimeMap::seconds(std::int64_t recorded) const {
  return floor_div(recorded * 1000 + shift_ms, 1000);
}

void write_delta(FeedEvent& event, const Market& market) {
  std::string& out = event.msg;
  out.clear();
  JsonObject object(out);
  object.text("market_ticker", market.ticker);
  append_id(object, market);
  object.key("price_dollars").push_back('"');
  event.price_at = out.size();
  append_price(out, event.price);
  out.push_back('"');
  object.count("delta_fp", event.size).text("side", event.yes ? "yes" : "no");
  object.text("ts", rfc3339_from_ms(event.ts_ms)).number("ts_ms", event.ts_ms);
  object.close();
}

void write_trade(FeedEvent& event, const Market& market) {
  event.msg.clear();
  JsonObject object(event.msg);
  object.text("trade_id", event.trade_id).text("market_ticker", market.ticker);
  object.price("yes_price_dollars", event.price).price("no_price_dollars", kDollar - event.price);
  object.count("count_fp", event.size).text("taker_side", event.yes ? "yes" : "no");
  object.text("taker_outcome_side", event.yes ? "yes" : "no");
  object.text("taker_book_side", event.yes ? "bid" : "ask");
  object.boolean("is_block_trade", event.block);
  object.number("ts", floor_div(event.ts_ms, 1000)).number("ts_ms", event.ts_ms);
  object.close();
}

void append_snapshot_msg(std::string& out, const Market& market, const Book& book,
                         bool as_yes_price) {
  JsonObject object(out);
  object.text("market_ticker", market.ticker);
  append_id(object, market);
  if (has_levels(book.side(true))) {
    append_levels(object.key("yes_dollars_fp"), book.side(true), false);
  }
  if (has_levels(book.side(false))) {
    append_levels(object.key("no_dollars_fp"), book.side(false), as_yes_price);
  }
  object.close();
}

void write_snapshot(FeedEvent& event, const Market& market) {
  Book book;
  book.assign(true, event.yes_levels);
  book.assign(false, event.no_levels);
  event.msg.clear();
  append_snapshot_msg(event.msg, market, book, false);
}

void append_ticker_msg(std::string& out, const Market& market, const TickerState& state,
                       std::int64_t ts_ms) {
  JsonObject object(out);
  append_id(object, market);
  object.text("market_ticker", market.ticker);
  object.price("price_dollars", state.last_price);
  object.price("yes_bid_dollars", state.yes_bid).price("yes_ask_dollars", state.yes_ask);
  object.count("volume_fp", state.volume).count("open_interest_fp", state.open_interest);
  object.number("dollar_volume", state.dollar_volume);
  object.number("dollar_open_interest", state.dollar_open_interest);
  object.count("yes_bid_size_fp", state.yes_bid_size).count("yes_ask_size_fp", state.yes_ask_size);
  object.count("last_trade_size_fp", state.last_trade_size);
  object.number("ts", floor_div(ts_ms, 1000)).number("ts_ms", ts_ms);
  object.text("time", rfc3339_from_ms(ts_ms));
  object.close();
}

void write_ticker(FeedEvent& event, const Market& market) {
  event.msg.clear();
  append_ticker_msg(event.msg, market, event.ticker, event.ts_ms);
}

void write_determined(FeedEvent& event, const Market& market, std::int64_t at_ms) {
  begin_lifecycle(event, market, "determined");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker);
  object.number("determination_ts", floor_div(at_ms, 1000)).text("result", market.result);
  object.price("settlement_value", market.settlement_value).text("event_type", "determined");
  object.close();
}

void write_settled(FeedEvent& event, const Market& market, std::int64_t at_ms) {
  begin_lifecycle(event, market, "settled");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker).number("settled_ts", floor_div(at_ms, 1000));
  object.text("event_type", "settled");
  object.close();
}

void write_close_moved(FeedEvent& event, const Market& market) {
  begin_lifecycle(event, market, "close_date_updated");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker);
  object.number("close_ts", floor_div(market.times.close, 1000));
  object.text("event_type", "close_date_updated").close();
}

void write_paused(FeedEvent& event, const Market& market, bool paused) {
  begin_lifecycle(event, market, paused ? "deactivated" : "activated");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker).boolean("is_deactivated", paused);
  object.text("event_type", event.lifecycle_type).close();
}

void write_created(FeedEvent& event, const Market& market, const Event& of,
                   std::int64_t offset_ms) {
  begin_lifecycle(event, market, "created");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker).number("exchange_index", of.combo ? 1 : 0);
  object.number("open_ts", floor_div(market.times.open - offset_ms, 1000));
  object.number("close_ts", floor_div(market.times.close - offset_ms, 1000));
  append_metadata(object.key("additional_metadata"), market, of, offset_ms);
  object.text("event_type", "created").text("price_level_structure", price_grid(market.grid).label);
  if (!of.combo) append_price_ranges(object.key("price_ranges"), price_grid(market.grid));
  object.close();
}

void write_grid_changed(FeedEvent& event, const Market& market) {
  begin_lifecycle(event, market, "price_level_structure_updated");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker);
  object.text("price_level_structure", price_grid(market.grid).label);
  append_price_ranges(object.key("price_ranges"), price_grid(market.grid));
  object.text("event_type", event.lifecycle_type).close();
}

void write_metadata_changed(FeedEvent& event, const Market& market) {
  begin_lifecycle(event, market, "metadata_updated");
  JsonObject object(event.msg);
  object.text("market_ticker", market.ticker).text("strike_type", "custom");
  object.text("yes_sub_title", yes_sub_title(market));
  object.text("event_type", event.lifecycle_type).close();
}

void write_event_listed(FeedEvent& event, const Event& of, const Series& series) {
  begin_event(event, of, "event_lifecycle");
  JsonObject object(event.msg);
  object.text("event_ticker", of.ticker).number("exchange_index", of.combo ? 1 : 0);
  object.text("title", of.title).text("subtitle", of.sub_title);
  object.text("collateral_return_type", "").text("series_ticker", series.ticker);
  object.close();
}

void write_event_fee(FeedEvent& event, const Event& of) {
  begin_event(event, of, "event_fee_update");
  JsonObject object(event.msg);
  object.text("event_ticker", of.ticker);
  append_fee_override(object, of);
  object.close();
}

void append_fee_override(JsonObject& object, const Event& of) {
  if (of.fee_type.empty()) {
    object.null("fee_type_override").null("fee_multiplier_override");
    return;
  }
  object.text("fee_type_override", of.fee_type);
  object.raw("fee_multiplier_override", fmt::format("{}", of.fee_multiplier));
}

void append_price_ranges(std::string& out, const PriceGrid& grid) {
  out.push_back('[');
  for (const PriceRange& range : grid.ranges) {
    if (out.back() != '[') out.push_back(',');
    JsonObject object(out);
    object.price("start", range.start).price("end", range.end).price("step", range.step);
    object.close();
  }
  out.push_back(']');
}

}  // namespace kd::sim
