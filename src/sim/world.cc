#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "sim/numbers.h"
#include "sim/timestamps.h"

namespace kd::sim {

namespace {

std::uint64_t mix(std::uint64_t value) {  // splitmix64
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::uint64_t hash_text(std::string_view text) {  // FNV-1a: equal on every machine
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

constexpr std::int64_t kMinuteUs = 60'000'000;

void append_hex(std::string& out, std::uint64_t value, int digits) {
  while (digits-- > 0) out.push_back("0123456789abcdef"[(value >> (4 * digits)) & 0xf]);
}

// Every delta carries one: written without a formatting library.
void append_uuid(std::string& out, std::string_view text) {
  const std::uint64_t high = mix(hash_text(text));
  const std::uint64_t low = mix(high ^ text.size());
  append_hex(out, high >> 32, 8);
  out.push_back('-');
  append_hex(out, (high >> 16) & 0xffff, 4);
  out += "-4";
  append_hex(out, high & 0xfff, 3);
  out.push_back('-');
  append_hex(out, 0x8000 | ((low >> 48) & 0x3fff), 4);
  out.push_back('-');
  append_hex(out, low & 0xffff'ffff'ffff, 12);
}

}  // namespace

std::string_view status_name(MarketStatus status) {
  switch (status) {
    case MarketStatus::kInitialized:
      return "initialized";
    case MarketStatus::kInactive:
      return "inactive";
    case MarketStatus::kActive:
      return "active";
    case MarketStatus::kClosed:
      return "closed";
    case MarketStatus::kDetermined:
      return "determined";
    case MarketStatus::kDisputed:
      return "disputed";
    case MarketStatus::kAmended:
      return "amended";
    case MarketStatus::kFinalized:
      break;
  }
  return "finalized";
}

const PriceGrid& price_grid(GridKind kind) {
  static const PriceGrid kGrids[] = {
      {"linear_cent", {{0, kDollar, 1000}}},
      {"deci_cent", {{0, kDollar, 100}}},
      {"tapered_deci_cent", {{0, 10'000, 100}, {10'000, 90'000, 1000}, {90'000, kDollar, 100}}},
      {"center_deci_edge_centi_cent", {{0, 1000, 10}, {1000, 99'000, 100}, {99'000, kDollar, 10}}},
  };
  return kGrids[static_cast<std::size_t>(kind)];
}

MarketTexts& Market::own_texts() {
  if (!texts) texts = std::make_unique<MarketTexts>();
  return *texts;
}

SeriesIndex World::series_for(std::string_view ticker) {
  if (const auto known = find_series(ticker)) return *known;
  const auto at = static_cast<SeriesIndex>(series_.size());
  Series& series = series_.emplace_back();
  series.ticker = ticker;
  series.title = ticker;
  series_names_.emplace(series.ticker, at);
  return at;
}

EventIndex World::add_event(std::string ticker, SeriesIndex series) {
  const auto at = static_cast<EventIndex>(events_.size());
  Event& event = events_.emplace_back();
  event.ticker = std::move(ticker);
  event.series = series;
  event.combo = is_combo_ticker(event.ticker);
  event_names_.emplace(event.ticker, at);
  series_[series].events.push_back(at);
  return at;
}

MarketIndex World::add_market(std::string ticker, EventIndex event) {
  const auto at = static_cast<MarketIndex>(markets_.size());
  Market& market = markets_.emplace_back();
  market.ticker = std::move(ticker);
  market.event = event;
  market_names_.emplace(market.ticker, at);
  events_[event].markets.push_back(at);
  return at;
}

std::optional<std::uint32_t> World::find(const Names& names, std::string_view name) {
  const auto at = names.find(name);
  if (at == names.end()) return std::nullopt;
  return at->second;
}

std::optional<MarketIndex> World::find_market(std::string_view ticker) const {
  return find(market_names_, ticker);
}
std::optional<EventIndex> World::find_event(std::string_view ticker) const {
  return find(event_names_, ticker);
}
std::optional<SeriesIndex> World::find_series(std::string_view ticker) const {
  return find(series_names_, ticker);
}

// Rarely asked, and an index over a million UUIDs would cost 100 MB.
std::optional<MarketIndex> World::find_market_id(std::string_view id) const {
  std::string text;
  for (std::size_t at = 0; at < markets_.size(); ++at) {
    text.clear();
    append_market_id(text, markets_[at]);
    if (text == id) return static_cast<MarketIndex>(at);
  }
  return std::nullopt;
}

void World::add_trade(TradeRecord trade) {
  trade.number = next_trade_++;
  candles_.trade(markets_[trade.market].last_candle, floor_div(trade.ts_us, kMinuteUs),
                 trade.yes_price, trade.size);
  trades_.push_back(std::move(trade));
  if (trades_.size() > kKeptTrades) trades_.pop_front();
}

void World::quote(MarketIndex at, const TickerState& now, std::int64_t ts_ms) {
  Market& market = markets_[at];
  market.ticker_state = now;
  candles_.quote(market.last_candle, floor_div(ts_ms * 1000, kMinuteUs), now.yes_bid, now.yes_ask,
                 now.open_interest);
}

std::vector<Candle> World::candles(MarketIndex of, std::int64_t first_minute,
                                   std::int64_t last_minute, Candle* before) const {
  return candles_.between(markets_[of].last_candle, first_minute, last_minute, before);
}

void World::set_fee(EventIndex at, std::string type, double multiplier, std::int64_t at_ms) {
  Event& event = events_[at];
  if (event.fee_since_ms == 0) events_with_fees_.push_back(at);
  event.fee_type = std::move(type);
  event.fee_multiplier = multiplier;
  event.fee_since_ms = at_ms;
}

void World::update(MarketIndex market, std::int64_t at_ms) {
  markets_[market].times.updated = at_ms;
  updates_.push_back({at_ms, market});
}

std::optional<std::vector<MarketIndex>> World::updated_since(std::int64_t since_ms) const {
  if (since_ms < updates_from_ms_) return std::nullopt;
  std::vector<MarketIndex> found;
  const auto first =
      std::lower_bound(updates_.begin(), updates_.end(), since_ms,
                       [](const Update& update, std::int64_t ms) { return update.at_ms < ms; });
  for (auto at = first; at != updates_.end(); ++at) found.push_back(at->market);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Derived from the ticker, so that a million combos need no memory for it.
std::vector<ComboLeg> legs_of(const World& world, const Market& combo) {
  std::vector<ComboLeg> legs;
  std::uint64_t luck = mix(hash_text(combo.ticker));
  const MarketIndex among = world.event(combo.event).markets.front();
  const std::size_t count = 2 + luck % 2;
  for (int tries = 0; legs.size() < count && among > 0 && tries < 20; ++tries) {
    luck = mix(luck);
    const auto at = static_cast<MarketIndex>(luck % among);
    const bool known = std::any_of(legs.begin(), legs.end(),
                                   [&](const ComboLeg& leg) { return leg.market == at; });
    if (known || world.event(world.market(at).event).combo) continue;
    legs.push_back({at, (luck >> 40) % 2 == 0});
  }
  return legs;
}

bool is_combo_ticker(std::string_view ticker) { return ticker.starts_with("KXMVE"); }

std::string uuid_from_text(std::string_view text) {
  std::string out;
  append_uuid(out, text);
  return out;
}

void append_market_id(std::string& out, const Market& market) {
  if (market.texts && !market.texts->id.empty()) {
    out += market.texts->id;
  } else {
    append_uuid(out, market.ticker);
  }
}

std::string_view strike_of(const Market& market) {
  const auto dash = market.ticker.rfind('-');
  const std::string_view ticker = market.ticker;
  return dash == std::string_view::npos ? ticker : ticker.substr(dash + 1);
}

std::string_view yes_sub_title(const Market& market) {
  const bool own = market.texts && !market.texts->yes_sub_title.empty();
  return own ? std::string_view(market.texts->yes_sub_title) : strike_of(market);
}

bool exists_at(const Market& market, std::int64_t now_ms) {
  if (market.vanished || market.times.created > now_ms) return false;
  return !market.provisional || now_ms < market.times.determined;
}

MarketStatus status_at(const Market& market, std::int64_t now_ms) {
  if (now_ms >= market.times.settled) return MarketStatus::kFinalized;
  if (now_ms >= market.times.amended) return MarketStatus::kAmended;
  if (now_ms >= market.times.disputed) return MarketStatus::kDisputed;
  if (now_ms >= market.times.determined) return MarketStatus::kDetermined;
  if (now_ms >= market.times.close) return MarketStatus::kClosed;
  if (now_ms < market.times.open) return MarketStatus::kInitialized;
  return market.paused ? MarketStatus::kInactive : MarketStatus::kActive;
}

TickerState current_ticker(const Market& market) {
  const Level bid = market.book.best(true);
  const Level no_bid = market.book.best(false);
  TickerState state;
  state.yes_bid = bid.price;
  state.yes_bid_size = bid.size;
  state.yes_ask = kDollar - no_bid.price;
  state.yes_ask_size = no_bid.size;
  state.last_price = market.last_price;
  state.volume = market.volume;
  state.open_interest = market.open_interest;
  state.dollar_volume = market.dollar_volume;
  state.dollar_open_interest = market.open_interest / 200;
  state.last_trade_size = market.last_trade_size;
  return state;
}

}  // namespace kd::sim
