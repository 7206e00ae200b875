#include "dedup/table_spec.h"

namespace kd {
namespace {

constexpr std::size_t kEnd = kEndOfKey;

// A trade is one by its id, though REST and WebSocket may date it differently. The LATERAL with
// its LIMIT makes the planner probe the index, row by row. {} {}: the bounds of the round's times.
constexpr std::string_view kMergeTrades =
    "INSERT INTO trades (trade_id, exchange_ts, exchange_us, received_at, ticker, price, size, "
    "taker_side, is_block, gatherer) "
    "SELECT DISTINCT ON (s.trade_id) s.trade_id, s.exchange_ts, s.exchange_us, s.received_at, "
    "s.ticker, s.price, s.size, s.taker_side, s.is_block, s.gatherer "
    "FROM stage_trades s LEFT JOIN LATERAL ("
    "SELECT true AS known FROM trades t WHERE t.trade_id = s.trade_id AND t.exchange_ts "
    "BETWEEN s.exchange_ts - 86400000000 AND s.exchange_ts + 86400000000 "
    "AND t.exchange_ts BETWEEN {} AND {} LIMIT 1) hit ON true "
    "WHERE hit.known IS NULL ORDER BY s.trade_id, s.exchange_ts ON CONFLICT DO NOTHING";

// A book that was read over REST waits to be compared; those that are kept are moved from there.
constexpr std::string_view kMergeRestBooks =
    "INSERT INTO rest_books (requested_at, received_at, ticker, yes_bids, no_bids, occurrence, "
    "gatherer) SELECT snapshot_ts, received_at, ticker, yes_bids, no_bids, occurrence, gatherer "
    "FROM stage_orderbook_snapshots WHERE source = 'rest' ON CONFLICT DO NOTHING";
constexpr std::string_view kMergeStreamBooks =
    "INSERT INTO orderbook_snapshots (snapshot_ts, received_at, ticker, source, yes_bids, "
    "no_bids, anchor_ts, anchor_deltas, occurrence, stream_id, gatherer) "
    "SELECT snapshot_ts, received_at, ticker, source, yes_bids, no_bids, anchor_ts, "
    "anchor_deltas, occurrence, stream_id, gatherer FROM stage_orderbook_snapshots "
    "WHERE source <> 'rest' ON CONFLICT DO NOTHING";

// Every shard brings these, so all take their keys in one order.
constexpr std::string_view kMergeLedger =
    "INSERT INTO ledger (position, at, stream_id, connection, sid, channel, event, from_ts, to_ts, "
    "count, reason, tickers, gatherer) SELECT position, at, stream_id, connection, sid, channel, "
    "event, from_ts, to_ts, count, reason, tickers, gatherer FROM stage_ledger "
    "ORDER BY at, gatherer, position ON CONFLICT DO NOTHING";
constexpr std::string_view kMergeQuarantine =
    "INSERT INTO quarantine (position, received_at, reason, frame, gatherer) "
    "SELECT position, received_at, reason, frame, gatherer FROM stage_quarantine "
    "ORDER BY received_at, gatherer, position ON CONFLICT DO NOTHING";

constexpr std::array<TableSpec, kTableCount> kSpecs = {{
    {.name = "trades",
     .columns = 12,
     .stamp = 2,
     .stream_column = 10,
     .seq_column = 11,
     .keep_first = 1,
     .keep_last = 10,
     .gatherer_columns = "position, trade_id, exchange_ts, exchange_us, received_at, ticker, "
                         "price, size, taker_side, is_block, stream_id, seq",
     .production_columns = "trade_id, exchange_ts, exchange_us, received_at, ticker, price, size, "
                           "taker_side, is_block, gatherer",
     .key = {1, kEnd},
     .key_has_gatherer = false,
     .remembers = true,
     .always_staged = true,
     .odd_stamp = OddStamp::kRefused,
     .sharded = true,
     .source_column = -1,
     .merge_sql = {kMergeTrades}},
    {.name = "orderbook_deltas",
     .columns = 12,
     .stamp = 1,
     .stream_column = 10,
     .seq_column = 11,
     .keep_first = 1,
     .keep_last = 10,
     .gatherer_columns = "position, exchange_ts, exchange_us, received_at, ticker, side, price, "
                         "size_delta, occurrence, ordinal, stream_id, seq",
     .production_columns = "exchange_ts, exchange_us, received_at, ticker, side, price, "
                           "size_delta, occurrence, ordinal, gatherer",
     .key = {1, 4, 5, 6, 7, 8, kEnd},
     .key_has_gatherer = false,
     .remembers = true,
     .always_staged = false,
     .odd_stamp = OddStamp::kRefused,
     .sharded = true,
     .source_column = -1,
     .merge_sql = {}},
    {.name = "orderbook_snapshots",
     .columns = 12,
     .stamp = 1,
     .stream_column = 10,
     .seq_column = 11,
     .keep_first = 1,
     .keep_last = 11,
     .gatherer_columns = "position, snapshot_ts, received_at, ticker, source, yes_bids, no_bids, "
                         "anchor_ts, anchor_deltas, occurrence, stream_id, seq",
     .production_columns = "snapshot_ts, received_at, ticker, source, yes_bids, no_bids, "
                           "anchor_ts, anchor_deltas, occurrence, stream_id, gatherer",
     .key = {1, 3, 4, 9, kEnd},
     .key_has_gatherer = true,
     .remembers = true,
     .always_staged = false,
     .odd_stamp = OddStamp::kRefused,
     .sharded = true,
     .source_column = 4,
     .merge_sql = {kMergeRestBooks, kMergeStreamBooks}},
    {.name = "tickers",
     .columns = 19,
     .stamp = 1,
     .stream_column = 18,
     .seq_column = -1,
     .keep_first = 1,
     .keep_last = 18,
     .gatherer_columns = "position, exchange_ts, exchange_us, received_at, ticker, yes_bid, "
                         "yes_ask, last_price, volume, open_interest, dollar_volume, "
                         "dollar_open_interest, yes_bid_size, yes_ask_size, last_trade_size, "
                         "content_hash, occurrence, ordinal, stream_id",
     .production_columns = "exchange_ts, exchange_us, received_at, ticker, yes_bid, yes_ask, "
                           "last_price, volume, open_interest, dollar_volume, "
                           "dollar_open_interest, yes_bid_size, yes_ask_size, last_trade_size, "
                           "content_hash, occurrence, ordinal, gatherer",
     .key = {1, 4, 15, 16, kEnd},
     .key_has_gatherer = false,
     .remembers = true,
     .always_staged = false,
     .odd_stamp = OddStamp::kRefused,
     .sharded = true,
     .source_column = -1,
     .merge_sql = {}},
    {.name = "lifecycle_events",
     .columns = 8,
     .stamp = 1,
     .stream_column = 6,
     .seq_column = 7,
     .keep_first = 0,
     .keep_last = 7,
     .gatherer_columns = "position, received_at, sending_ts, ticker, event_type, payload, "
                         "stream_id, seq",
     .production_columns = "position, received_at, sending_ts, ticker, event_type, payload, "
                           "stream_id, gatherer",
     .key = {kEnd},
     .key_has_gatherer = true,
     .remembers = false,
     .always_staged = true,
     .odd_stamp = OddStamp::kPositionInstead,
     .sharded = true,
     .source_column = -1,
     .merge_sql = {"SELECT kd_merge_lifecycle()"}},
    {.name = "ledger",
     .columns = 12,
     .stamp = 1,
     .stream_column = 2,
     .seq_column = -1,
     .keep_first = 0,
     .keep_last = 12,
     .gatherer_columns = "position, at, stream_id, connection, sid, channel, event, from_ts, "
                         "to_ts, count, reason, tickers",
     .production_columns = "position, at, stream_id, connection, sid, channel, event, from_ts, "
                           "to_ts, count, reason, tickers, gatherer",
     .key = {kEnd},
     .key_has_gatherer = true,
     .remembers = false,
     .always_staged = true,
     .odd_stamp = OddStamp::kPositionInstead,
     .sharded = false,
     .source_column = -1,
     .merge_sql = {kMergeLedger}},
    {.name = "quarantine",
     .columns = 4,
     .stamp = 1,
     .stream_column = -1,
     .seq_column = -1,
     .keep_first = 0,
     .keep_last = 4,
     .gatherer_columns = "position, received_at, reason, frame",
     .production_columns = "position, received_at, reason, frame, gatherer",
     .key = {kEnd},
     .key_has_gatherer = true,
     .remembers = false,
     .always_staged = true,
     .odd_stamp = OddStamp::kKept,
     .sharded = false,
     .source_column = -1,
     .merge_sql = {kMergeQuarantine}},
    {.name = "watermarks",
     .columns = 4,
     .stamp = 1,
     .stream_column = -1,
     .seq_column = -1,
     .keep_first = 0,
     .keep_last = 4,
     .gatherer_columns = "position, at, stream_ids, proven_until",
     .production_columns = "",
     .key = {kEnd},
     .key_has_gatherer = true,
     .remembers = false,
     .always_staged = true,
     .odd_stamp = OddStamp::kPositionInstead,
     .sharded = false,
     .source_column = -1,
     .merge_sql = {}},
}};

}  // namespace

std::span<const TableSpec, kTableCount> table_specs() { return kSpecs; }

std::string_view stamp_name(const TableSpec& spec) {
  auto names = spec.gatherer_columns;
  for (std::size_t i = 0; i < spec.stamp; ++i) names.remove_prefix(names.find(", ") + 2);
  return names.substr(0, names.find(','));
}

std::size_t table_index(std::string_view name) {
  std::size_t index = 0;
  while (index < kTableCount && kSpecs[index].name != name) ++index;
  return index;
}

}  // namespace kd
