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
  kFinalized
};
std::string_view status_name(MarketStatus status);

// Milliseconds since the epoch, on the simulator's clock.
struct MarketTimes {
  std::int64_t created = 0;
  std::int64_t open = 0;
  std::int64_t close = kNever;
  std::int64_t determined = kNever;
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

struct Market {
  std::string ticker;
  std::string id;  // UUID
  EventIndex event = 0;
  MarketTimes times;
  bool paused = false;
  GridKind grid = GridKind::kLinearCent;
  std::string result;  // what determination will tell: yes, no, scalar; "" unknown
  std::int32_t settlement_value = 0;
  std::string expiration_value;      // shown once determined
  std::int64_t shown_offset_ms = 0;  // wire time = simulator's time - this (--times original)
  std::string strike;                // the last part of a synthetic ticker
  // REST members that never change, as JSON; empty: written from the fields above.
  std::string fixed_members;

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
  std::string fixed_members;  // as in Market
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

// Everything the exchange lists, and the newest trades. Grows, never shrinks (trades: bounded).
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

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Names = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;
  static std::optional<std::uint32_t> find(const Names& names, std::string_view name);

  std::deque<Market> markets_;  // deque: references stay valid as it grows
  std::deque<Event> events_;
  std::deque<Series> series_;
  Names market_names_, event_names_, series_names_;
  std::deque<TradeRecord> trades_;
  std::int64_t next_trade_ = 0;
};

// A combo's ticker and event begin so.
bool is_combo_ticker(std::string_view ticker);
// A stable UUID made of any text: markets of a recording without one need an id.
std::string uuid_from_text(std::string_view text);

MarketStatus status_at(const Market& market, std::int64_t now_ms);
// Top of book and totals as they stand now.
TickerState current_ticker(const Market& market);

}  // namespace kd::sim
