#include "sim/catalog_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/feed_event.h"
#include "sim/json_text.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

constexpr std::int64_t kWeekMs = 7LL * 24 * 3600 * 1000;

class MarketWriter {
 public:
  MarketWriter(std::string& out, const World& world, const Market& market, std::int64_t now_ms)
      : world_(world), market_(market), status_(status_at(market, now_ms)), object_(out) {}

  void write() {
    const Event& event = world_.event(market_.event);
    object_.text("ticker", market_.ticker).text("event_ticker", event.ticker);
    object_.text("status", status_name(status_));
    times();
    prices();
    outcome();
    fixed_members().empty() ? made_up(event) : void(object_.members(fixed_members()));
    object_.close();
  }

 private:
  void time(std::string_view key, std::int64_t ms) {
    object_.text(key, rfc3339_from_ms(ms - market_.shown_offset_ms));
  }

  std::int64_t close_or_week() const {
    return market_.times.close == kNever ? market_.times.open + kWeekMs : market_.times.close;
  }

  void times() {
    const MarketTimes& times = market_.times;
    time("created_time", times.created);
    time("updated_time", status_ >= MarketStatus::kDetermined
                             ? std::max(times.determined, times.updated)
                             : times.updated);
    time("open_time", times.open);
    time("close_time", close_or_week());
  }

  void prices() {
    const bool over = status_ == MarketStatus::kFinalized;
    TickerState state = current_ticker(market_);
    if (over) {
      state.yes_bid = 0;
      state.yes_ask = kDollar;
      state.yes_bid_size = state.yes_ask_size = 0;
    }
    object_.price("yes_bid_dollars", state.yes_bid).price("yes_ask_dollars", state.yes_ask);
    object_.price("no_bid_dollars", kDollar - state.yes_ask);
    object_.price("no_ask_dollars", kDollar - state.yes_bid);
    object_.count("yes_bid_size_fp", state.yes_bid_size);
    object_.count("yes_ask_size_fp", state.yes_ask_size);
    object_.price("last_price_dollars", state.last_price);
    object_.price("previous_price_dollars", state.last_price);
    object_.price("previous_yes_bid_dollars", 0).price("previous_yes_ask_dollars", kDollar);
    object_.count("volume_fp", state.volume).count("volume_24h_fp", state.volume);
    object_.count("open_interest_fp", state.open_interest);
  }

  void outcome() {
    const bool known = status_ >= MarketStatus::kDetermined;
    object_.text("result", known ? market_.result : "");
    object_.text("expiration_value", known ? expiration_value() : "");
    if (known) object_.price("settlement_value_dollars", market_.settlement_value);
    if (status_ == MarketStatus::kFinalized) time("settlement_ts", market_.times.settled);
  }

  std::string_view fixed_members() const {
    return market_.texts ? std::string_view(market_.texts->fixed_members) : std::string_view();
  }
  std::string_view expiration_value() const {
    return market_.texts ? std::string_view(market_.texts->expiration_value) : std::string_view();
  }

  void made_up(const Event& event) {
    object_.text("market_type", "binary").text("title", event.title).text("subtitle", "");
    object_.text("yes_sub_title", yes_sub_title(market_));
    object_.text("no_sub_title", strike_of(market_));
    time("latest_expiration_time", close_or_week() + kWeekMs);
    time("expected_expiration_time", close_or_week());
    time("expiration_time", close_or_week() + kWeekMs);
    object_.number("settlement_timer_seconds", 1).price("notional_value_dollars", kDollar);
    object_.boolean("can_close_early", true).text("settlement_bounds_type", "default");
    object_.text("rules_primary",
                 fmt::format("If \"{}\" comes true, the market resolves to Yes.", event.title));
    object_.text("rules_secondary", "").text("strike_type", "custom");
    object_.text("price_level_structure", price_grid(market_.grid).label);
    append_price_ranges(object_.key("price_ranges"), price_grid(market_.grid));
    object_.number("exchange_index", event.combo ? 1 : 0);
    if (market_.provisional) object_.boolean("is_provisional", true);
    if (event.combo) combo(event);
  }

  void combo(const Event& event) {
    object_.text("mve_collection_ticker", world_.series(event.series).ticker + "-R");
    std::string& legs = object_.key("mve_selected_legs");
    legs.push_back('[');
    for (const ComboLeg& leg : legs_of(world_, market_)) {
      if (legs.back() != '[') legs.push_back(',');
      const Market& of = world_.market(leg.market);
      JsonObject object(legs);
      object.text("event_ticker", world_.event(of.event).ticker);
      object.text("market_ticker", of.ticker).text("side", leg.yes ? "yes" : "no").close();
    }
    legs.push_back(']');
  }

  const World& world_;
  const Market& market_;
  const MarketStatus status_;
  JsonObject object_;
};

std::int64_t volume_of(const World& world, const Series& series) {
  std::int64_t volume = 0;
  for (const EventIndex event : series.events) {
    for (const MarketIndex market : world.event(event).markets) {
      volume += world.market(market).volume;
    }
  }
  return volume;
}

}  // namespace

void append_market(std::string& out, const World& world, const Market& market,
                   std::int64_t now_ms) {
  MarketWriter(out, world, market, now_ms).write();
}

void append_event(std::string& out, const World& world, const Event& event, std::int64_t now_ms,
                  const MarketChoice& nested) {
  JsonObject object(out);
  object.text("event_ticker", event.ticker);
  object.text("series_ticker", world.series(event.series).ticker);
  if (event.fixed_members.empty()) {
    object.text("title", event.title).text("sub_title", event.sub_title);
    object.text("collateral_return_type", "").boolean("mutually_exclusive", false);
    object.raw("settlement_sources", "[]").text("category", world.series(event.series).category);
    object.text("strike_period", "").number("exchange_index", event.combo ? 1 : 0);
  } else {
    object.members(event.fixed_members);
  }
  if (!event.fee_type.empty()) append_fee_override(object, event);
  if (nested) {
    std::string& list = object.key("markets");
    list.push_back('[');
    for (const MarketIndex market : event.markets) {
      if (!nested(world.market(market))) continue;
      if (list.back() != '[') list.push_back(',');
      append_market(list, world, world.market(market), now_ms);
    }
    list.push_back(']');
  }
  object.close();
}

void append_series(std::string& out, const World& world, const Series& series, std::int64_t now_ms,
                   bool with_volume) {
  JsonObject object(out);
  object.text("ticker", series.ticker).text("frequency", series.frequency);
  object.text("title", series.title).text("category", series.category);
  append_json_string(object.key("categories").append("["), series.category);
  out.push_back(']');
  object.raw("tags", "[]").raw("settlement_sources", "[]");
  object.text("contract_url", "").text("contract_terms_url", "");
  object.null("product_metadata").text("fee_type", "quadratic").number("fee_multiplier", 1);
  object.raw("additional_prohibitions", "[]");
  if (with_volume) object.count("volume_fp", volume_of(world, series));
  object.text("last_updated_ts", rfc3339_from_ms(now_ms / 86'400'000 * 86'400'000));
  object.number("exchange_index", is_combo_ticker(series.ticker) ? 1 : 0);
  object.close();
}

void append_trade(std::string& out, const World& world, const TradeRecord& trade) {
  JsonObject object(out);
  object.text("trade_id", trade.trade_id).text("ticker", world.market(trade.market).ticker);
  object.count("count_fp", trade.size);
  object.price("yes_price_dollars", trade.yes_price);
  object.price("no_price_dollars", kDollar - trade.yes_price);
  object.text("taker_side", trade.taker_yes ? "yes" : "no");
  object.text("taker_outcome_side", trade.taker_yes ? "yes" : "no");
  object.text("taker_book_side", trade.taker_yes ? "bid" : "ask");
  object.text("created_time", rfc3339_from_us(trade.ts_us));
  object.boolean("is_block_trade", trade.block);
  object.close();
}

void append_orderbook(std::string& out, const Market& market, std::size_t depth) {
  JsonObject object(out);
  append_levels(object.key("yes_dollars"), market.book.side(true), false, depth);
  append_levels(object.key("no_dollars"), market.book.side(false), false, depth);
  object.close();
}

}  // namespace kd::sim
