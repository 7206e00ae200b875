#include "codec/gatherer_rows.h"

#include "codec/copy_row.h"

namespace kd {
namespace {

constexpr std::size_t kLatencySample = 16;

// Starts a row: its place, the column count and the position to be filled in.
CopyRowWriter begin(RowBatch& batch, std::int16_t columns) {
  batch.row_starts.push_back(static_cast<std::uint32_t>(batch.bytes.size()));
  CopyRowWriter row(batch.bytes);
  row.begin_row(columns);
  row.int8(std::int64_t{0});
  return row;
}

void note_times(RowBatch& batch, Micros exchange, const std::optional<Micros>& sending) {
  if (batch.rows() % kLatencySample == 1) batch.exchange_us.push_back(to_us(exchange));
  batch.widen_exchange_time(to_us(exchange));
  if (sending && to_us(*sending) > batch.newest_sending_us) {
    batch.newest_sending_us = to_us(*sending);
  }
}

void put(CopyRowWriter& row, const std::optional<Micros>& at) {
  at ? row.int8(to_us(*at)) : row.null();
}
void put(CopyRowWriter& row, const std::optional<Price>& price) {
  price ? row.int4(price->raw()) : row.null();
}
void put(CopyRowWriter& row, const std::optional<Size>& size) {
  size ? row.int8(size->hundredths()) : row.null();
}

}  // namespace

void append_delta(RowBatch& batch, const OrderbookDelta& delta, RowNumber number,
                  const Origin& origin) {
  auto row = begin(batch, 12);
  row.int8(to_us(delta.time.at));
  put(row, delta.time.finer);
  row.int8(to_us(origin.received));
  row.bytes(delta.ticker);
  row.boolean(is_yes(delta.side));
  row.int4(delta.price.raw());
  row.int8(delta.change.hundredths());
  row.int2(number.occurrence);
  row.int4(number.ordinal);
  row.int8(origin.stream_id);
  row.int8(origin.seq);
  note_times(batch, delta.time.at, origin.sending);
}

void append_trade(RowBatch& batch, const Trade& trade, const Origin& origin) {
  auto row = begin(batch, 12);
  row.bytes(trade.trade_id.view());
  row.int8(to_us(trade.time.at));
  put(row, trade.time.finer);
  row.int8(to_us(origin.received));
  row.bytes(trade.ticker);
  row.int4(trade.yes_price.raw());
  row.int8(trade.size.hundredths());
  row.boolean(is_yes(trade.taker_side));
  trade.is_block ? row.boolean(*trade.is_block) : row.null();
  row.int8(origin.stream_id);
  row.int8(origin.seq);
  note_times(batch, trade.time.at, origin.sending);
}

void append_ticker(RowBatch& batch, const TickerUpdate& ticker, std::int64_t content_hash,
                   RowNumber number, const Origin& origin) {
  auto row = begin(batch, 19);
  row.int8(to_us(ticker.time.at));
  put(row, ticker.time.finer);
  row.int8(to_us(origin.received));
  row.bytes(ticker.ticker);
  put(row, ticker.yes_bid);
  put(row, ticker.yes_ask);
  put(row, ticker.last_price);
  put(row, ticker.volume);
  put(row, ticker.open_interest);
  row.int8(ticker.dollar_volume);
  row.int8(ticker.dollar_open_interest);
  put(row, ticker.yes_bid_size);
  put(row, ticker.yes_ask_size);
  put(row, ticker.last_trade_size);
  row.int8(content_hash);
  row.int2(number.occurrence);
  row.int4(number.ordinal);
  row.int8(origin.stream_id);
  note_times(batch, ticker.time.at, origin.sending);
}

void append_lifecycle(RowBatch& batch, const LifecycleEvent& event, const Origin& origin) {
  auto row = begin(batch, 8);
  row.int8(to_us(origin.received));
  put(row, origin.sending);
  row.bytes(event.ticker);
  row.bytes(event.event_type);
  row.jsonb(event.payload);
  row.int8(origin.stream_id);
  row.int8(origin.seq);
  note_times(batch, origin.sending.value_or(origin.received), origin.sending);
}

void append_snapshot(RowBatch& batch, const AnchoredSnapshot& snapshot) {
  auto row = begin(batch, 12);
  row.int8(to_us(snapshot.snapshot_ts));
  row.int8(to_us(snapshot.origin.received));
  row.bytes(snapshot.ticker);
  row.bytes("ws");
  row.int8_array(snapshot.yes_bids);
  row.int8_array(snapshot.no_bids);
  put(row, snapshot.anchor_ts);
  snapshot.anchor_ts ? row.int8_array(snapshot.anchor_deltas) : row.null();
  row.int2(snapshot.occurrence);
  row.int8(snapshot.origin.stream_id);
  row.int8(snapshot.origin.seq);
  note_times(batch, snapshot.snapshot_ts, snapshot.origin.sending);
}

void append_rest_snapshot(RowBatch& batch, const RestSnapshot& snapshot) {
  auto row = begin(batch, 12);
  row.int8(to_us(floor_to_ms(snapshot.requested)));
  row.int8(to_us(snapshot.received));
  row.bytes(snapshot.ticker);
  row.bytes("rest");
  row.int8_array(snapshot.yes_bids);
  row.int8_array(snapshot.no_bids);
  row.null();  // anchor_ts
  row.null();  // anchor_deltas
  row.int2(0);
  row.null();  // stream_id
  row.null();  // seq
  // The commit latency is counted from the answer: the exchange's own time is not known.
  note_times(batch, snapshot.received, std::nullopt);
}

void append_ledger(RowBatch& batch, const LedgerEvent& event) {
  auto row = begin(batch, 12);
  row.int8(to_us(event.at));
  row.int8(event.stream_id);
  row.int4(event.connection);
  row.int8(event.sid);
  row.bytes(wire_name(event.channel));
  row.bytes(event.event);
  put(row, event.from);
  put(row, event.to);
  row.int8(event.count);
  event.reason.empty() ? row.null() : row.bytes(event.reason);
  event.tickers.empty() ? row.null() : row.text_array(event.tickers);
  note_times(batch, event.at, std::nullopt);
  if (event.from) batch.widen_exchange_time(to_us(*event.from));
  if (event.to) batch.widen_exchange_time(to_us(*event.to));
}

void append_watermark(RowBatch& batch, Micros at, std::span<const StreamProof> proofs) {
  std::vector<std::int64_t> streams;
  std::vector<std::int64_t> until;
  for (const auto& proof : proofs) {
    streams.push_back(proof.stream_id);
    until.push_back(to_us(proof.proven_until));
  }
  auto row = begin(batch, 4);
  row.int8(to_us(at));
  row.int8_array(streams);
  row.int8_array(until);
  note_times(batch, at, std::nullopt);
}

void append_quarantine(RowBatch& batch, Micros received, std::string_view reason,
                       std::string_view frame) {
  auto row = begin(batch, 4);
  row.int8(to_us(received));
  row.bytes(reason);
  row.bytes(frame);
  note_times(batch, received, std::nullopt);
}

}  // namespace kd
