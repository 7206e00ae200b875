#include "sim/world.h"

#include <fmt/format.h>

#include <utility>

#include "sim/numbers.h"

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
  market.id = uuid_from_text(market.ticker);
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
  for (std::size_t at = 0; at < markets_.size(); ++at) {
    if (markets_[at].id == id) return static_cast<MarketIndex>(at);
  }
  return std::nullopt;
}

void World::add_trade(TradeRecord trade) {
  trade.number = next_trade_++;
  trades_.push_back(std::move(trade));
  if (trades_.size() > kKeptTrades) trades_.pop_front();
}

bool is_combo_ticker(std::string_view ticker) { return ticker.starts_with("KXMVE"); }

std::string uuid_from_text(std::string_view text) {
  const std::uint64_t high = mix(hash_text(text));
  const std::uint64_t low = mix(high ^ text.size());
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xfff, 0x8000 | ((low >> 48) & 0x3fff), low & 0xffff'ffff'ffff);
}

MarketStatus status_at(const Market& market, std::int64_t now_ms) {
  if (now_ms >= market.times.settled) return MarketStatus::kFinalized;
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
