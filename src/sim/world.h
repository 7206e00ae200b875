#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/book.h"
#include "sim/candles.h"
#include "sim/exchange_state.h"

namespace kd::sim {

using MarketIndex = std::uint32_t;
using EventIndex = std::uint32_t;
using SeriesIndex = std::uint32_t;
inline constexpr MarketIndex kNoMarket = ~MarketIndex{0};

// A moment that never comes.
inline constexpr std::int64_t kNever = INT64_MAX;

// What the exchange calls the state of a market.
enum class MarketStatus : std::uint8_t {
  kInitialized,
  kInactive,
  kActive,
  kClosed,
  kDetermined,
  kDisputed,
  kAmended,
  kFinalized
};
std::string_view status_name(MarketStatus status);

// Milliseconds since the epoch, on the simulator's clock.
struct MarketTimes {
  std::int64_t created = 0;
  std::int64_t open = 0;
  std::int64_t close = kNever;
  std::int64_t determined = kNever;
  std::int64_t disputed = kNever;
  std::int64_t amended = kNever;
  std::int64_t settled = kNever;
  std::int64_t updated = 0;
};

// Prices 1e-5 dollar, sizes hundredths, dollars whole.
struct TickerState {
  std::int32_t yes_bid = 0, yes_ask = 0, last_price = 0;
  std::int64_t volume = 0, open_interest = 0, dollar_volume = 0, dollar_open_interest = 0;
  std::int64_t yes_bid_size = 0, yes_ask_size = 0, last_trade_size = 0;
  friend bool operator==(const TickerState&, const TickerState&) = default;
};

// The step between valid prices, by range.
struct PriceRange {
  std::int32_t start, end, step;
};
struct PriceGrid {
  std::string_view label;
  std::vector<PriceRange> ranges;
};
enum class GridKind : std::uint8_t { kLinearCent, kDeciCent, kTaperedDeciCent, kComboCenti };
const PriceGrid& price_grid(GridKind kind);

// What few markets have. A value.
struct MarketTexts {
  std::string id;                // of a recording; empty: made of the ticker
  std::string expiration_value;  // shown once determined
  std::string yes_sub_title;     // as metadata_updated told; empty: the strike
  // REST members that never change, as JSON; empty: written from the market's fields.
  std::string fixed_members;
};

struct Market {
  std::string ticker;
  EventIndex event = 0;
  MarketTimes times;
  bool paused = false;
  bool vanished = false;     // no list, no answer, no subscription has it any more
  bool provisional = false;  // vanishes once determined
  GridKind grid = GridKind::kLinearCent;
  std::string result;  // what determination will tell: yes, no, scalar; "" unknown
  std::int32_t settlement_value = 0;
  std::uint32_t last_candle = 0;     // Candles' handle; 0: none yet
  std::int64_t shown_offset_ms = 0;  // wire time = simulator's time - this (--times original)
  std::unique_ptr<MarketTexts> texts;
  MarketTexts& own_texts();

  Book book;
  std::int32_t last_price = 0;
  std::int64_t volume = 0, open_interest = 0, dollar_volume = 0, last_trade_size = 0;
  TickerState ticker_state;       // as of the last ticker frame
  std::int64_t last_sending = 0;  // newest sending_ts_ms of a book frame
};

struct Event {
  std::string ticker;
  SeriesIndex series = 0;
  std::string title, sub_title;
  bool combo = false;
  std::string fixed_members;  // as in MarketTexts
  std::string fee_type;       // an override; empty: none
  double fee_multiplier = 1;  // with fee_type
  std::int64_t fee_since_ms = 0;
  std::vector<MarketIndex> markets;
};

struct Series {
  std::string ticker;
  std::string title;
  std::string category;
  std::string frequency = "custom";
  std::vector<EventIndex> events;
};

struct TradeRecord {
  std::int64_t number;  // 0, 1, 2 … over the whole run
  MarketIndex market;
  std::int64_t ts_us;
  std::int32_t yes_price;
  std::int64_t size;
  bool taker_yes;
  bool block;
  std::string trade_id;
};

// A moment at which metadata of a market changed.
struct Update {
  std::int64_t at_ms;
  MarketIndex market;
};

// Everything the exchange lists, and the newest trades and candles. Grows, never shrinks (trades
// and candles: bounded).
// Confined to the loop's thread.
class World {
 public:
  static constexpr std::size_t kKeptTrades = 500'000;

  SeriesIndex series_for(std::string_view ticker);  // made when it does not exist
  EventIndex add_event(std::string ticker, SeriesIndex series);
  MarketIndex add_market(std::string ticker, EventIndex event);

  Market& market(MarketIndex at) { return markets_[at]; }
  const Market& market(MarketIndex at) const { return markets_[at]; }
  Event& event(EventIndex at) { return events_[at]; }
  const Event& event(EventIndex at) const { return events_[at]; }
  Series& series(SeriesIndex at) { return series_[at]; }
  const Series& series(SeriesIndex at) const { return series_[at]; }
  std::size_t market_count() const { return markets_.size(); }
  std::size_t event_count() const { return events_.size(); }
  std::size_t series_count() const { return series_.size(); }

  std::optional<MarketIndex> find_market(std::string_view ticker) const;
  std::optional<MarketIndex> find_market_id(std::string_view id) const;
  std::optional<EventIndex> find_event(std::string_view ticker) const;
  std::optional<SeriesIndex> find_series(std::string_view ticker) const;

  void add_trade(TradeRecord trade);  // its number is given here
  const std::deque<TradeRecord>& trades() const { return trades_; }
  // The market's top of book and totals, as a ticker frame tells them.
  void quote(MarketIndex at, const TickerState& now, std::int64_t ts_ms);
  std::vector<Candle> candles(MarketIndex of, std::int64_t first_minute, std::int64_t last_minute,
                              Candle* before = nullptr) const;

  // Metadata of a market changed; `at_ms` never decreases.
  void update(MarketIndex market, std::int64_t at_ms);
  // All updates from `since_ms` on; nothing when they were not all told by update().
  std::optional<std::vector<MarketIndex>> updated_since(std::int64_t since_ms) const;
  // From here on every update is told.
  void track_updates(std::int64_t from_ms) { updates_from_ms_ = from_ms; }

  // `type` empty: the override ends.
  void set_fee(EventIndex at, std::string type, double multiplier, std::int64_t at_ms);
  // Events that have, or had, a fee of their own.
  const std::vector<EventIndex>& events_with_fees() const { return events_with_fees_; }

  ExchangeState state;

 private:
  // The names are those in the deques.
  using Names = std::unordered_map<std::string_view, std::uint32_t>;
  static std::optional<std::uint32_t> find(const Names& names, std::string_view name);

  std::deque<Market> markets_;  // deque: references stay valid as it grows
  std::deque<Event> events_;
  std::deque<Series> series_;
  Names market_names_, event_names_, series_names_;
  std::deque<TradeRecord> trades_;
  std::int64_t next_trade_ = 0;
  Candles candles_;
  std::vector<EventIndex> events_with_fees_;
  std::vector<Update> updates_;
  std::int64_t updates_from_ms_ = kNever;
};

struct ComboLeg {
  MarketIndex market;
  bool yes;
};
// What a made-up combo is made of: two or three markets that are none themselves.
std::vector<ComboLeg> legs_of(const World& world, const Market& combo);

// A combo's ticker and event begin so.
bool is_combo_ticker(std::string_view ticker);
// A stable UUID made of any text: markets of a recording without one need an id.
std::string uuid_from_text(std::string_view text);
void append_market_id(std::string& out, const Market& market);
// The last part of the ticker.
std::string_view strike_of(const Market& market);
std::string_view yes_sub_title(const Market& market);

// Whether the exchange knows the market: created, and not gone again.
bool exists_at(const Market& market, std::int64_t now_ms);
MarketStatus status_at(const Market& market, std::int64_t now_ms);
// Top of book and totals as they stand now.
TickerState current_ticker(const Market& market);

}  // namespace kd::sim
