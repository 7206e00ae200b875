#include "writer/writer_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/copy_row.h"

namespace kd {
namespace {

std::string writer_lock(Table table) {
  return "kalshi gatherer writer " + std::string(name_of(table));
}

}  // namespace

WriterSession::WriterSession(Table table, ConnectOptions database, Clock clock,
                             const ExchangeClock& exchange_clock)
    : table_(table),
      database_(std::move(database)),
      clock_(std::move(clock)),
      exchange_clock_(exchange_clock) {}

Expected<void> WriterSession::ready() {
  if (connection_ != nullptr && connection_->usable()) return {};
  connection_.reset();
  return connect();
}

Expected<void> WriterSession::connect() {
  KD_TRY(auto connection, Connection::connect(database_));
  KD_TRY(const bool locked, connection->try_advisory_lock(advisory_key(writer_lock(table_))));
  if (!locked) {
    return fail(Remedy::kRetry, fmt::format("{}: another gatherer writes table {} here",
                                            connection->target(), name_of(table_)));
  }
  KD_DO(look_for_last(*connection));
  // What was acknowledged may have been dropped since.
  KD_TRY(const auto newest,
         connection->query(fmt::format("SELECT GREATEST((SELECT max(position) FROM {0}), (SELECT "
                                       "max(position) FROM sync_acks WHERE table_name = '{0}'))",
                                       name_of(table_))));
  positions_ = Positions(std::max(int_at(newest.at(0), 0).value_or(0), positions_.last()));
  KD_TRY(const auto progress, connection->query("SELECT file_id, file_offset FROM spill_progress "
                                                "WHERE table_name = $1",
                                                {std::string(name_of(table_))}));
  if (!progress.empty()) {
    progress_ = {.file_id = int_at(progress[0], 0).value_or(0),
                 .offset = int_at(progress[0], 1).value_or(0)};
  }
  KD_TRY(auto partitions, Partitions::load(*connection));
  partitions_ = std::make_unique<Partitions>(std::move(partitions));
  connection_ = std::move(connection);
  return {};
}

Expected<void> WriterSession::look_for_last(Connection& connection) {
  constexpr std::chrono::minutes kClockTolerance{1};
  if (last_stored_ == 0) return {};
  KD_TRY(const auto there,
         connection.query(fmt::format("SELECT 1 FROM {} WHERE position = $1", name_of(table_)),
                          {std::to_string(last_stored_)}));
  if (!there.empty()) return {};
  KD_TRY(const auto left,
         connection.query(fmt::format("SELECT max(position) FROM {}", name_of(table_))));
  const auto newest = micros_from_us(int_at(left.at(0), 0).value_or(0));
  vanished_ = {.from = std::max(newest - kClockTolerance, Micros{}), .to = clock_()};
  last_stored_ = 0;
  return {};
}

Expected<bool> WriterSession::is_stored(std::int64_t position) {
  KD_TRY(const auto rows,
         connection_->query(fmt::format("SELECT 1 FROM {} WHERE position = $1", name_of(table_)),
                            {std::to_string(position)}));
  return !rows.empty();
}

Expected<void> WriterSession::store(const RowRanges& rows, Attempt& attempt,
                                    std::optional<SpillPlace> place) {
  if (attempt.in_doubt) {
    KD_TRY(const bool stored, is_stored(attempt.last_position));
    attempt.in_doubt = false;
    if (stored) {
      last_stored_ = attempt.last_position;
      return {};
    }
  }
  // The first time, or somebody else wrote here meanwhile: readers skip what comes below theirs.
  if (positions_.last() != attempt.last_position) attempt.last_position = number(rows);
  auto done = write(rows, place);
  attempt.in_doubt = !done && done.error().remedy == Remedy::kInDoubt;
  if (done) last_stored_ = attempt.last_position;
  return done;
}

std::int64_t WriterSession::number(const RowRanges& rows) {
  auto position = positions_.take(static_cast<std::int64_t>(rows_in(rows)), to_us(clock_()),
                                  exchange_clock_.newest_us());
  for (const auto& range : rows) {
    for (auto row = range.first; row < range.last; ++row) {
      CopyRowWriter::patch_int8(range.batch->bytes, range.batch->row_starts[row] + kPositionColumn,
                                position++);
    }
  }
  return position - 1;
}

Expected<void> WriterSession::write(const RowRanges& rows, std::optional<SpillPlace> place) {
  const std::string table(name_of(table_));
  const auto last = positions_.last();
  KD_DO(partitions_->ensure(*connection_, table,
                            last - static_cast<std::int64_t>(rows_in(rows)) + 1, last));
  KD_DO(connection_->begin());
  std::vector<std::span<const char>> parts;
  for (const auto& range : rows) parts.emplace_back(bytes_of(range));
  auto stored = connection_->copy_in("COPY " + table + " FROM STDIN (FORMAT binary)", parts);
  auto moved = stored && place ? move_progress(*place) : Expected<void>();
  if (stored && moved) return connection_->commit();
  if (connection_->usable()) KD_DO(connection_->rollback());
  return stored ? moved : tl::unexpected(stored.error());
}

Expected<void> WriterSession::move_progress(SpillPlace place) {
  KD_TRY(const auto touched,
         connection_->execute("INSERT INTO spill_progress VALUES ($1, $2, $3) "
                              "ON CONFLICT (table_name) DO UPDATE SET "
                              "file_id = EXCLUDED.file_id, file_offset = EXCLUDED.file_offset",
                              {std::string(name_of(table_)), std::to_string(place.file_id),
                               std::to_string(place.offset)}));
  if (touched == 1) return {};
  return fail(Remedy::kRetry, "spill_progress was not moved");
}

}  // namespace kd
