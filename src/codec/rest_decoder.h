#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "model/market.h"
#include "model/messages.h"

namespace kd {

// REST bodies of the exchange (protocol notes, section 2), as values. Pure; allocation is fine
// here. Unknown keys are skipped; a missing or malformed required field is an error naming it.

struct MarketsPage {
  std::vector<Market> markets;
  std::vector<std::string> unreadable;  // entries left out, each with what is wrong with it
  std::string cursor;                   // empty: the last page
};
Expected<MarketsPage> decode_markets_page(std::string_view body);
// Of /markets/{ticker}.
Expected<Market> decode_market(std::string_view body);

struct ExchangeStatus {
  bool exchange_active = false;
  bool trading_active = false;
  std::optional<Micros> estimated_resume;
  struct Shard {
    int exchange_index = 0;
    bool exchange_active = false;
    bool trading_active = false;
  };
  std::vector<Shard> shards;  // top-level fields describe shard 0 only
};
Expected<ExchangeStatus> decode_exchange_status(std::string_view body);

// The announced maintenance of /exchange/schedule. What cannot be read of it is left out.
struct TimeWindow {
  Micros from{};
  Micros to{};  // exclusive
  friend bool operator==(const TimeWindow&, const TimeWindow&) = default;
};
Expected<std::vector<TimeWindow>> decode_maintenance_windows(std::string_view body);

struct AccountLimits {
  std::string usage_tier;
  double read_refill_rate = 0;      // tokens a second
  double read_bucket_capacity = 0;  // tokens
};
Expected<AccountLimits> decode_account_limits(std::string_view body);

struct RestBook {
  std::string ticker;
  std::vector<Level> yes;  // bids, ascending, of the side's own leg
  std::vector<Level> no;
  Micros requested{};  // it held at some instant between these two, which whoever asked fills in
  Micros received{};
};
// Of /markets/{ticker}/orderbook; the body does not name the market.
Expected<RestBook> decode_orderbook(std::string_view body, std::string ticker);
// Of /markets/orderbooks; match by ticker, never by place. A book that cannot be decoded exactly
// hides none beside it.
struct RestBooks {
  std::vector<RestBook> books;
  struct Unreadable {
    std::string reason;
    std::string text;  // the entry as it came
  };
  std::vector<Unreadable> unreadable;
};
Expected<RestBooks> decode_orderbooks(std::string_view body);

struct RestTrade {
  Uuid trade_id;
  std::string ticker;
  Price yes_price = *Price::from_raw(0);
  Size size;
  Side taker_side{};
  std::optional<bool> is_block;
  ExchangeTime time;  // floored to milliseconds; `finer` is created_time where it says more
};
struct TradesPage {
  std::vector<RestTrade> trades;
  struct Unreadable {
    std::string reason;
    std::string text;  // the entry as it came
  };
  std::vector<Unreadable> unreadable;  // they hide none beside them
  std::string cursor;                  // empty: the last page
};
Expected<TradesPage> decode_trades_page(std::string_view body);

struct HistoricalCutoff {
  Micros markets_settled{};
  Micros trades_created{};
};
Expected<HistoricalCutoff> decode_historical_cutoff(std::string_view body);

// When a market opens and closes, as the `msg` of a lifecycle event says; absent: it does not.
struct LifecycleTimes {
  std::optional<Micros> open;
  std::optional<Micros> close;
};
LifecycleTimes decode_lifecycle_times(std::string_view payload);

// The text a refusing server sent, whichever of its three shapes it has; the start of the body
// when it is none of them (HTML from the edge).
std::string error_text(std::string_view body);

}  // namespace kd
