#include "dedup/gatherer_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/time.h"
#include "codec/copy_reader.h"
#include "database/migrations.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kCountedRows = 100'000;  // "rows behind" is counted up to here

std::optional<std::int64_t> column(const CopyRow& row, int index) {
  return index < 0 ? std::nullopt : row.int8(static_cast<std::size_t>(index));
}

// Names the last row and proves that every row is well-formed.
Expected<SyncCursor> last_row(std::span<const char> rows, const TableSpec& spec,
                              const std::string& database_id) {
  CopyReader reader(rows, spec.columns);
  CopyRow row;
  SyncCursor last;
  while (reader.next(row)) {
    last.position = row.int8(0).value_or(0);
    last.stream_id = column(row, spec.stream_column);
    last.seq = column(row, spec.seq_column);
  }
  if (!reader.complete()) {
    return fail(Remedy::kReconnect, fmt::format("{}: the answer is no COPY stream of {} columns",
                                                spec.name, spec.columns));
  }
  last.database_id = database_id;
  return last;
}

}  // namespace

GathererReader::GathererReader(Options options, PageBoard& board, DedupObserver& observer,
                               Logger log)
    : options_(std::move(options)),
      board_(board),
      observer_(observer),
      log_(std::move(log)),
      backoff_(options_.backoff),
      thread_([this] { run(); }) {}

GathererReader::~GathererReader() = default;

void GathererReader::join() {
  if (thread_.joinable()) thread_.join();
}

void GathererReader::run() {
  while (!board_.stopped()) {
    adopt_epoch();
    if (epoch_ == 0) {
      measure_at_rest();
      board_.wait_until(Clock::now() + 1s);
    } else if (connect_if_needed()) {
      poll_what_is_due();
      board_.wait_until(next_due());
    }
  }
  connected_ = false;
}

void GathererReader::adopt_epoch() {
  auto epoch = board_.epoch_after(epoch_);
  if (!epoch) return;
  epoch_ = epoch->number;
  if (epoch_ == 0) return;
  for (std::size_t t = 0; t < kTableCount; ++t) {
    tables_[t].next = std::move(epoch->cursors[options_.index * kTableCount + t]);
    tables_[t].trusted = false;
    tables_[t].rewinds = false;
    tables_[t].due = {};
  }
}

bool GathererReader::connect_if_needed() {
  if (connection_) return true;
  auto connection = Connection::connect(options_.connect);
  auto ready = connection ? require_schema(**connection, SchemaKind::kGatherer)
                          : tl::unexpected(connection.error());
  auto identity = ready ? (*connection)->query("SELECT database_id FROM database_identity")
                        : tl::unexpected(ready.error());
  if (!identity || identity->empty()) {
    lose_connection(
        identity ? Error{Remedy::kGiveUp, "database_identity is empty"} : identity.error(), 0);
    return false;
  }
  database_id_ = identity->front().front().value_or("");
  connection_ = *std::move(connection);
  connected_ = true;
  told_away_.reset();
  backoff_.reset();
  for (auto& table : tables_) table.trusted = false;
  log_.info("connected to gatherer", {kv("gatherer", options_.id)});
  return true;
}

void GathererReader::lose_connection(const Error& error, std::size_t table) {
  connection_.reset();
  connected_ = false;
  if (told_away_ != error.remedy) {
    told_away_ = error.remedy;
    log_.warn("gatherer is away", {kv("gatherer", options_.id), kv("error", error.what)});
  }
  observer_.on_gatherer_error(options_.index, table);
  const auto until = Clock::now() + backoff_.next(std::random_device{}());
  while (Clock::now() < until && !board_.stopped()) board_.wait_until(until);
}

void GathererReader::poll_what_is_due() {
  for (std::size_t t = 0; t < kTableCount && !board_.stopped(); ++t) {
    if (Clock::now() < tables_[t].due) continue;
    if (const auto polled = poll(t); !polled) {
      lose_connection(polled.error(), t);
      return;
    }
  }
}

GathererReader::Clock::time_point GathererReader::next_due() const {
  auto earliest = Clock::now() + 1s;
  for (const auto& table : tables_) earliest = std::min(earliest, table.due);
  return earliest;
}

Expected<void> GathererReader::poll(std::size_t t) {
  auto& table = tables_[t];
  const auto started = Clock::now();
  if (!board_.has_room(options_.index, t)) {  // production is the slower one
    table.due = started + 5ms;
    return measure(t);
  }
  const auto begun_us = to_us(wall_now());
  if (!table.trusted) {
    if (auto checked = check_cursor(t); !checked) return checked;
  }
  const auto limit = std::clamp(options_.page_bytes / table.row_bytes, std::int64_t{100},
                                options_.polling[t].batch_rows);
  KD_TRY(auto page, read_page(t, std::min(limit, options_.polling[t].batch_rows)));
  const auto rows = page.row_count;
  const bool is_last = rows < std::min(limit, options_.polling[t].batch_rows);
  observer_.on_polled(
      options_.index, t, rows,
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started));
  table.due = is_last ? started + options_.polling[t].interval : started;
  if (rows == 0) {
    board_.found_nothing(options_.index, t, epoch_, begun_us);
    return {};
  }
  table.row_bytes = std::max<std::int64_t>(1, static_cast<std::int64_t>(page.rows.size()) / rows);
  table.next = page.end;
  table.rewinds = false;
  board_.put(std::move(page), begun_us, is_last);
  return is_last ? Expected<void>{} : measure(t);
}

Expected<void> GathererReader::check_cursor(std::size_t t) {
  auto& table = tables_[t];
  const auto& spec = table_specs()[t];
  table.trusted = true;
  if (table.next.position == 0) return {};
  bool holds = table.next.database_id == database_id_;
  if (holds) {
    const auto name = [&](int c) {
      return c < 0 ? "NULL" : c == spec.seq_column ? "seq" : "stream_id";
    };
    KD_TRY(const auto rows, connection_->query(fmt::format("SELECT {}::bigint, {}::bigint FROM {} "
                                                           "WHERE position = $1",
                                                           name(spec.stream_column),
                                                           name(spec.seq_column), spec.name),
                                               {fmt::to_string(table.next.position)}));
    holds = !rows.empty() && int_at(rows[0], 0) == table.next.stream_id &&
            int_at(rows[0], 1) == table.next.seq;
  }
  if (holds) return {};
  log_.warn(
      "the row at the cursor is gone: reading from the oldest row",
      {kv("gatherer", options_.id), kv("table", spec.name), kv("position", table.next.position)});
  observer_.on_rewind(options_.index, t);
  table.next = {};
  table.rewinds = true;
  return {};
}

Expected<Page> GathererReader::read_page(std::size_t t, std::int64_t limit) {
  const auto& spec = table_specs()[t];
  Page page{.gatherer = options_.index,
            .table = t,
            .epoch = epoch_,
            .after = tables_[t].next.position,
            .rewinds = tables_[t].rewinds,
            .end = {},
            .rows = board_.spare_buffer()};
  KD_TRY(page.row_count,
         connection_->copy_out(fmt::format("COPY (SELECT {} FROM {} WHERE position > {} "
                                           "ORDER BY position LIMIT {}) TO STDOUT (FORMAT binary)",
                                           spec.gatherer_columns, spec.name, page.after, limit),
                               page.rows));
  if (page.row_count == 0) return page;
  KD_TRY(page.end, last_row(page.rows, spec, database_id_));
  return page;
}

// While production is away nothing is read, but how much waits must still be known.
void GathererReader::measure_at_rest() {
  if (!connect_if_needed()) return;
  for (std::size_t t = 0; t < kTableCount; ++t) {
    tables_[t].next.position = board_.committed_position(options_.index, t);
    if (const auto measured = measure(t); !measured) {
      lose_connection(measured.error(), t);
      return;
    }
  }
}

Expected<void> GathererReader::measure(std::size_t t) {
  auto& table = tables_[t];
  if (Clock::now() < table.measured_at + 3s) return {};
  const auto& name = table_specs()[t].name;
  KD_TRY(const auto rows,
         connection_->query(fmt::format("SELECT (SELECT max(position) FROM {0}), count(*) FROM "
                                        "(SELECT FROM {0} WHERE position > {1} LIMIT {2}) unread",
                                        name, table.next.position, kCountedRows)));
  board_.measured(options_.index, t, int_at(rows.at(0), 0).value_or(0),
                  int_at(rows.at(0), 1).value_or(0));
  table.measured_at = Clock::now();
  return {};
}

}  // namespace kd
