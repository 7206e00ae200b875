#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/world.h"

namespace kd::sim {

inline constexpr std::int64_t kNoTime = INT64_MIN;

enum class FeedKind : std::uint8_t { kDelta, kTrade, kSnapshot, kTicker, kLifecycle };

// One thing that happens on the exchange, on its way to the subscribers: what a recording or the
// synthetic world produces and Exchange::publish() takes. Reused from event to event, so that its
// texts keep their memory.
struct FeedEvent {
  FeedKind kind = FeedKind::kDelta;
  MarketIndex market = kNoMarket;  // kNoMarket: a lifecycle frame about an event
  std::int64_t ts_ms = kNoTime;    // the exchange's stamp, as on the wire
  std::int64_t ts_us = kNoTime;    // its finer stamp, when `ts` on the wire has one
  std::int64_t sending_ms = 0;
  std::string msg;  // the msg object, as JSON text

  bool yes = false;          // delta: side; trade: taker's side
  std::int32_t price = 0;    // delta: in the side's leg; trade: yes price
  std::int64_t size = 0;     // delta: signed change; trade: count
  std::size_t price_at = 0;  // delta: where in msg the digits of price_dollars begin
  bool block = false;        // trade
  std::string trade_id;

  std::vector<Level> yes_levels, no_levels;  // snapshot
  TickerState ticker;                        // ticker

  std::string wire_type;       // lifecycle: the frame's type
  std::string lifecycle_type;  // lifecycle: msg.event_type, or the frame's type where it has none
  std::string subject;         // lifecycle: market or event ticker

  void restart(FeedKind new_kind, MarketIndex new_market) {
    kind = new_kind;
    market = new_market;
    ts_ms = ts_us = kNoTime;
    block = false;
    msg.clear();
  }
};

// How recorded stamps become those on the wire.
struct TimeMap {
  std::int64_t shift_ms = 0;
  bool cut_to_ms = false;  // `ts` texts lose what is below the millisecond

  std::int64_t ms(std::int64_t recorded) const { return recorded + shift_ms; }
  std::int64_t us(std::int64_t recorded) const;
  std::int64_t seconds(std::int64_t recorded) const;
};

// Builders of msg for what the simulator makes up itself.
void write_delta(FeedEvent& event, const Market& market);
void write_trade(FeedEvent& event, const Market& market);
void write_snapshot(FeedEvent& event, const Market& market);
void write_ticker(FeedEvent& event, const Market& market);
// Fills type, subject and msg; `at_ms` is when it happened.
void write_determined(FeedEvent& event, const Market& market, std::int64_t at_ms);
void write_settled(FeedEvent& event, const Market& market, std::int64_t at_ms);
void write_close_moved(FeedEvent& event, const Market& market);
void write_paused(FeedEvent& event, const Market& market, bool paused);
void write_created(FeedEvent& event, const Market& market, const Event& of, std::int64_t offset_ms);

void write_grid_changed(FeedEvent& event, const Market& market);
void write_metadata_changed(FeedEvent& event, const Market& market);
// Frames about an event, on the lifecycle channel of its kind.
void write_event_listed(FeedEvent& event, const Event& of, const Series& series);
void write_event_fee(FeedEvent& event, const Event& of);

class JsonObject;
// fee_type_override and fee_multiplier_override; both null: none.
void append_fee_override(JsonObject& object, const Event& of);
// The msg of a snapshot of `book`.
void append_snapshot_msg(std::string& out, const Market& market, const Book& book,
                         bool as_yes_price);
void append_ticker_msg(std::string& out, const Market& market, const TickerState& state,
                       std::int64_t ts_ms);
void append_price_ranges(std::string& out, const PriceGrid& grid);

}  // namespace kd::sim
