#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "model/price.h"
#include "model/side.h"
#include "model/size.h"
#include "model/uuid.h"

namespace kd {

// What the exchange says on a WebSocket (protocol notes, sections 3.1 to 3.13), as values.
//
// Texts and spans point into the frame or the decoder that produced them: valid until the
// decoder's next call. So no message is copied between the socket and its database row.

enum class Channel : std::uint8_t {
  kOrderbook,
  kTrade,
  kTicker,
  kLifecycle,       // market_lifecycle_v2: everything but combos
  kComboLifecycle,  // multivariate_market_lifecycle
  kOther,
};
inline constexpr std::size_t kChannels = 6;

// The wire's name, "orderbook_delta" …; "other" for kOther.
std::string_view wire_name(Channel channel);
Channel channel_from_wire(std::string_view name);

// When the exchange says a thing happened.
struct ExchangeTime {
  Micros at{};                  // whole milliseconds: the only resolution that a key may use
  std::optional<Micros> finer;  // the same instant with microseconds, where the exchange sent them
};

struct OrderbookDelta {
  std::string_view ticker;
  Side side{};
  Price price = *Price::from_raw(0);  // of the side's own leg
  Size change;                        // signed; a level that reaches 0 is gone
  ExchangeTime time;
};

struct Level {
  Price price;
  Size size;
  friend bool operator==(const Level&, const Level&) = default;
};

struct OrderbookSnapshot {
  std::string_view ticker;
  std::span<const Level> yes;  // bids as sent: ascending, best last; an absent side is empty
  std::span<const Level> no;
};

struct Trade {
  Uuid trade_id;
  std::string_view ticker;
  Price yes_price = *Price::from_raw(0);  // the no price is its complement
  Size size;
  Side taker_side{};
  std::optional<bool> is_block;  // absent before August 2026
  ExchangeTime time;
};

struct TickerUpdate {
  std::string_view ticker;
  std::optional<Price> yes_bid;
  std::optional<Price> yes_ask;
  std::optional<Price> last_price;  // absent: never traded
  std::optional<Size> volume;
  std::optional<Size> open_interest;
  std::optional<std::int64_t> dollar_volume;         // whole dollars, signed
  std::optional<std::int64_t> dollar_open_interest;  // whole dollars, signed
  std::optional<Size> yes_bid_size;
  std::optional<Size> yes_ask_size;
  std::optional<Size> last_trade_size;
  ExchangeTime time;
};

struct LifecycleEvent {
  std::string_view ticker;      // of the market; of the event for event_lifecycle, event_fee_update
  std::string_view event_type;  // an open set: created, determined, …
  std::string_view payload;     // the whole msg object, JSON
};

// As of autumn 2026; others are kept all the same.
bool is_known_event(std::string_view event_type);

// Answers to our commands, and errors.
struct Subscribed {
  Channel channel{};
  std::int64_t sid = 0;
};
struct Ok {};  // of an update or a merged subscribe: the envelope has id, sid, seq
struct SubscriptionList {};
struct Unsubscribed {};  // the envelope has the sid
struct CommandError {
  std::int64_t code = 0;
  std::string_view text;
  bool names_markets = false;  // it lists market tickers: markets not found, whatever its number
};
struct UnknownMessage {
  std::string_view type;
};

struct Envelope {
  std::optional<std::int64_t> id;   // echoed command id
  std::optional<std::int64_t> sid;  // subscription, per connection
  std::optional<std::int64_t> seq;  // counts everything on that sid
  std::optional<Micros> sending;    // queued for the network, by the exchange's clock
};

using Message =
    std::variant<UnknownMessage, OrderbookDelta, OrderbookSnapshot, Trade, TickerUpdate,
                 LifecycleEvent, Subscribed, Ok, SubscriptionList, Unsubscribed, CommandError>;

struct Frame {
  Envelope envelope;
  Message message;
};

}  // namespace kd
