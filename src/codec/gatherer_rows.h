#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "codec/row_batch.h"
#include "model/messages.h"
#include "model/occurrence.h"

namespace kd {

// Where a row came from.
struct Origin {
  std::int64_t stream_id = 0;
  std::int64_t seq = 0;
  Micros received{};
  std::optional<Micros> sending;
};

// One append_… per table of a gatherer's database; the column order is that of
// migrations/gatherer/. Each appends one row to the batch.
void append_delta(RowBatch& batch, const OrderbookDelta& delta, RowNumber number,
                  const Origin& origin);
void append_trade(RowBatch& batch, const Trade& trade, const Origin& origin);
void append_ticker(RowBatch& batch, const TickerUpdate& ticker, std::int64_t content_hash,
                   RowNumber number, const Origin& origin);
void append_lifecycle(RowBatch& batch, const LifecycleEvent& event, const Origin& origin);

// A WebSocket snapshot with its anchor (design, section 4, "The book at T").
struct AnchoredSnapshot {
  std::string_view ticker;
  Micros snapshot_ts{};
  std::span<const std::int64_t> yes_bids;  // price, size, price, size, …
  std::span<const std::int64_t> no_bids;
  std::optional<Micros> anchor_ts;              // absent: the stream ended before it
  std::span<const std::int64_t> anchor_deltas;  // exchange_ts, side (1 yes), price, change, …
  std::int16_t occurrence = 0;  // among the stream's snapshots with equal (snapshot_ts, ticker)
  Origin origin;
};
void append_snapshot(RowBatch& batch, const AnchoredSnapshot& snapshot);

// A book read over REST: it held at some instant between request and answer. No stream, no anchor.
struct RestSnapshot {
  std::string_view ticker;
  Micros requested{};  // snapshot_ts is its millisecond
  Micros received{};
  std::span<const std::int64_t> yes_bids;  // price, size, price, size, …
  std::span<const std::int64_t> no_bids;
};
void append_rest_snapshot(RowBatch& batch, const RestSnapshot& snapshot);

struct LedgerEvent {
  Micros at{};
  std::int64_t stream_id = 0;
  std::int32_t connection = 0;
  std::optional<std::int64_t> sid;
  Channel channel{};
  std::string_view event;  // open, close, join, leave, gap, reset, duplicate, drop
  std::optional<Micros> from;
  std::optional<Micros> to;
  std::optional<std::int64_t> count;
  std::string_view reason;
  std::span<const std::string_view> tickers;
};
void append_ledger(RowBatch& batch, const LedgerEvent& event);
// Of the process, not of one of its streams; what else there is to tell is the caller's.
inline LedgerEvent process_event(std::string_view event, Micros at) {
  LedgerEvent out;
  out.at = at;
  out.connection = -1;
  out.channel = Channel::kOther;
  out.event = event;
  return out;
}

// Up to when, by the exchange's clock, one stream is proven complete.
struct StreamProof {
  std::int64_t stream_id = 0;
  Micros proven_until{};
};
void append_watermark(RowBatch& batch, Micros at, std::span<const StreamProof> proofs);

void append_quarantine(RowBatch& batch, Micros received, std::string_view reason,
                       std::string_view frame);

}  // namespace kd
