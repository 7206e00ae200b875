#include "dedup/gatherer_session.h"

#include <fmt/format.h>

#include <span>

#include "codec/copy_reader.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr std::int64_t kCountedRows = 100'000;  // a backlog is counted up to here

std::optional<std::int64_t> column(const CopyRow& row, int index) {
  return index < 0 ? std::nullopt : row.int8(static_cast<std::size_t>(index));
}

const char* stream_name(const TableSpec& spec) {
  return spec.stream_column < 0 ? "NULL" : "stream_id";
}

const char* seq_name(const TableSpec& spec) { return spec.seq_column < 0 ? "NULL" : "seq"; }

// Names the last row and proves that every row is well-formed.
Expected<SyncCursor> last_row(std::span<const char> rows, const TableSpec& spec) {
  CopyReader reader(rows, spec.columns);
  CopyRow row;
  SyncCursor last;
  while (reader.next(row)) {
    last.position = row.int8(0).value_or(0);
    last.stream_id = column(row, spec.stream_column);
    last.seq = column(row, spec.seq_column);
  }
  if (reader.complete()) return last;
  return fail(Remedy::kReconnect, fmt::format("{}: the answer is no COPY stream of {} columns",
                                              spec.name, spec.columns));
}

}  // namespace

GathererSession::GathererSession(std::unique_ptr<Connection> connection, std::string database_id,
                                 Shard shard)
    : connection_(std::move(connection)), database_id_(std::move(database_id)), shard_(shard) {}

Expected<std::unique_ptr<GathererSession>> GathererSession::open(const ConnectOptions& options,
                                                                 Shard shard) {
  KD_TRY(auto connection, Connection::connect(options));
  KD_DO(require_schema(*connection, SchemaKind::kGatherer));
  KD_TRY(const auto identity, connection->query("SELECT database_id FROM database_identity"));
  if (identity.empty()) return fail(Remedy::kGiveUp, "database_identity is empty");
  return std::unique_ptr<GathererSession>(
      new GathererSession(std::move(connection), text_at(identity[0], 0), shard));
}

Expected<bool> GathererSession::has_row(const TableSpec& spec, const SyncCursor& cursor) {
  if (cursor.database_id != database_id_) return false;
  KD_TRY(const auto rows,
         connection_->query(fmt::format("SELECT {}::bigint, {}::bigint FROM {} WHERE position = $1",
                                        stream_name(spec), seq_name(spec), spec.name),
                            {fmt::to_string(cursor.position)}));
  return !rows.empty() && int_at(rows[0], 0) == cursor.stream_id &&
         int_at(rows[0], 1) == cursor.seq;
}

Expected<GathererSession::Rows> GathererSession::read(const TableSpec& spec, std::int64_t after,
                                                      std::int64_t limit,
                                                      std::vector<char> buffer) {
  if (splits(spec)) return read_shard(spec, after, limit * shard_.count, std::move(buffer));
  Rows out{.bytes = std::move(buffer), .count = 0, .looked_at = 0, .end = {}};
  KD_TRY(out.count,
         connection_->copy_out(fmt::format("COPY (SELECT {} FROM {} WHERE position > {} "
                                           "ORDER BY position LIMIT {}) TO STDOUT (FORMAT binary)",
                                           spec.gatherer_columns, spec.name, after, limit),
                               out.bytes));
  out.looked_at = out.count;
  KD_TRY(out.end, last_row(out.bytes, spec));
  out.end.database_id = database_id_;
  return out;
}

// First the end of the range, then the rows: positions rise in commit order, so all rows of the
// range are there once its end is.
Expected<GathererSession::Rows> GathererSession::read_shard(const TableSpec& spec,
                                                            std::int64_t after, std::int64_t limit,
                                                            std::vector<char> buffer) {
  KD_TRY(const auto end,
         connection_->query(fmt::format(
             "SELECT position, {} AS stream, {} AS seq, count(*) OVER () FROM (SELECT * FROM {} "
             "WHERE position > {} ORDER BY position LIMIT {}) r ORDER BY position DESC LIMIT 1",
             stream_name(spec), seq_name(spec), spec.name, after, limit)));
  Rows out{.bytes = std::move(buffer), .count = 0, .looked_at = 0, .end = {}};
  if (end.empty()) return out;
  out.looked_at = int_at(end[0], 3).value_or(0);
  out.end = {.database_id = database_id_,
             .position = int_at(end[0], 0).value_or(0),
             .stream_id = int_at(end[0], 1),
             .seq = int_at(end[0], 2)};
  KD_TRY(out.count,
         connection_->copy_out(
             fmt::format("COPY (SELECT {} FROM {} WHERE position > {} AND position <= {} "
                         "AND kd_shard(ticker, {}) = {} ORDER BY position) "
                         "TO STDOUT (FORMAT binary)",
                         spec.gatherer_columns, spec.name, after, out.end.position, shard_.count,
                         shard_.index),
             out.bytes));
  KD_DO(last_row(out.bytes, spec));
  return out;
}

Expected<std::optional<std::int64_t>> GathererSession::newest_beyond(const TableSpec& spec,
                                                                     std::int64_t after) {
  KD_TRY(const auto rows,
         connection_->query(fmt::format(
             "SELECT position FROM {} WHERE position > {} ORDER BY position DESC LIMIT 1",
             spec.name, after)));
  return rows.empty() ? std::nullopt : int_at(rows[0], 0);
}

Expected<GathererSession::Backlog> GathererSession::backlog(const TableSpec& spec,
                                                            std::int64_t after) {
  KD_TRY(const auto newest, newest_beyond(spec, after));
  if (!newest) return Backlog{};
  KD_TRY(const auto rows,
         connection_->query(fmt::format("SELECT count(*) FROM (SELECT FROM {} WHERE position > {} "
                                        "LIMIT {}) unread",
                                        spec.name, after, kCountedRows)));
  return Backlog{.newest_position = *newest, .rows_behind = int_at(rows.at(0), 0).value_or(0)};
}

Expected<void> GathererSession::acknowledge(const std::string& consumer,
                                            const std::vector<Ack>& acks) {
  if (acks.empty()) return {};
  std::vector<SqlValue> params{consumer};
  std::string values;
  for (const auto& [table, position] : acks) {
    values += fmt::format("{}($1, ${}, ${}::bigint)", values.empty() ? "" : ", ", params.size() + 1,
                          params.size() + 2);
    params.insert(params.end(), {table, fmt::to_string(position)});
  }
  KD_DO(connection_->query("INSERT INTO sync_acks (consumer, table_name, position) VALUES " +
                               values +
                               " ON CONFLICT (consumer, table_name) DO UPDATE SET position = "
                               "excluded.position, acked_at = now()",
                           params));
  return {};
}

Expected<void> GathererSession::request_resyncs(const std::vector<ResyncRequest>& requests) {
  for (const auto& request : requests) {
    KD_DO(connection_->execute("INSERT INTO resync_requests (ticker, reason) VALUES ($1, $2)",
                               {request.ticker, request.reason}));
  }
  return {};
}

}  // namespace kd
