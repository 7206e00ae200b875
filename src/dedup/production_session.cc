#include "dedup/production_session.h"

#include <fmt/format.h>

#include <chrono>

#include "database/migrations.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLeaderLock = "kalshi deduplicator leader";

std::string copy_into(std::string_view prefix, const TableSpec& spec) {
  return fmt::format("COPY {}{} ({}) FROM STDIN (FORMAT binary)", prefix, spec.name,
                     spec.production_columns);
}

std::string merge_statement(const TableSpec& spec) {
  if (!spec.merge_sql.empty()) return std::string(spec.merge_sql);
  return fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM stage_{0} ON CONFLICT DO NOTHING",
                     spec.name, spec.production_columns);
}

std::string staging_tables() {
  std::string sql;
  for (const auto& spec : table_specs()) {
    sql += fmt::format(
        "CREATE TEMP TABLE stage_{0} (LIKE {0} INCLUDING DEFAULTS) "
        "ON COMMIT DELETE ROWS;",
        spec.name);
  }
  return sql;
}

std::string hex(std::string_view bytes) {
  std::string out = "\\x";
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::span<const char> slice(const RowSet& rows, std::size_t first, std::size_t last) {
  const std::size_t begin = first == 0 ? 0 : rows.origins[first - 1].end;
  const std::size_t end = last == 0 ? 0 : rows.origins[last - 1].end;
  return std::span(rows.bytes).subspan(begin, end - begin);
}

}  // namespace

void Round::clear() {
  for (auto& table : tables) table.clear();
  moves.clear();
}

ProductionSession::ProductionSession(const Options& options, std::unique_ptr<Connection> connection,
                                     Partitions partitions)
    : options_(options), connection_(std::move(connection)), partitions_(std::move(partitions)) {}

Expected<std::unique_ptr<ProductionSession>> ProductionSession::open(const Options& options) {
  auto connect = options.connect;
  connect.idle_session_timeout = 5s;
  connect.idle_in_transaction_timeout = 5s;
  KD_TRY(auto connection, Connection::connect(connect));
  if (auto schema = require_schema(*connection, SchemaKind::kProduction); !schema) {
    return tl::unexpected(schema.error());
  }
  KD_TRY(auto partitions, Partitions::load(*connection));
  if (auto staged = connection->exec(staging_tables()); !staged) {
    return tl::unexpected(staged.error());
  }
  return std::unique_ptr<ProductionSession>(
      new ProductionSession(options, std::move(connection), std::move(partitions)));
}

Expected<bool> ProductionSession::try_lead() {
  return connection_->try_advisory_lock(advisory_key(kLeaderLock));
}

Expected<CursorMap> ProductionSession::cursors() {
  for (const auto& gatherer : options_.gatherers) {
    for (const auto& spec : table_specs()) {
      auto made = create_cursor(*connection_, {gatherer, std::string(spec.name)});
      if (!made) return tl::unexpected(made.error());
    }
  }
  return load_cursors(*connection_);
}

// Partition by partition from the newest, since max() over the parent would lock all of them.
Expected<std::int64_t> ProductionSession::newest_stamp(const TableSpec& spec) {
  const std::string name(spec.name);
  KD_TRY(const auto partitions,
         connection_->query("SELECT c.inhrelid::regclass::text, k.key_column FROM pg_inherits c "
                            "JOIN kd_partitioning k ON c.inhparent = k.table_name::regclass "
                            "WHERE k.table_name = $1 ORDER BY 1 DESC",
                            {name}));
  for (const auto& partition : partitions) {
    KD_TRY(const auto rows,
           connection_->query(fmt::format("SELECT max({}) FROM {}", text_at(partition, 1),
                                          text_at(partition, 0))));
    if (const auto newest = int_at(rows.at(0), 0)) return *newest;
  }
  return SeenSet::kNothingStored;
}

std::int64_t ProductionSession::partition_width_us(const TableSpec& spec) const {
  return partitions_.width_us(std::string(spec.name));
}

Expected<std::chrono::microseconds> ProductionSession::ping() {
  const auto start = std::chrono::steady_clock::now();
  KD_TRY(const auto answered, connection_->exec("SELECT 1"));
  static_cast<void>(answered);
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

Expected<RoundOutcome> ProductionSession::write(const Round& round) {
  return write_with(round, &ProductionSession::write_table);
}

Expected<RoundOutcome> ProductionSession::write_isolating(const Round& round) {
  return write_with(round, &ProductionSession::write_table_isolating);
}

Expected<RoundOutcome> ProductionSession::write_with(const Round& round, TableWriter writer) {
  if (auto ready = ensure_partitions(round); !ready) return tl::unexpected(ready.error());
  auto outcome = write_rows(round, writer);
  if (!outcome && outcome.error().remedy != Remedy::kInDoubt && connection_->usable()) {
    static_cast<void>(connection_->rollback());
  }
  return outcome;
}

// Before the transaction, so that no lock on a parent table outlives the call.
Expected<void> ProductionSession::ensure_partitions(const Round& round) {
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const std::string name(table_specs()[i].name);
    for (const auto stamp : round.tables[i].partitions) {
      if (auto made = partitions_.ensure(*connection_, name, stamp, stamp); !made) return made;
      if (name != "lifecycle_events") continue;
      if (auto made = partitions_.ensure(*connection_, "lifecycle_sightings", stamp, stamp);
          !made) {
        return made;
      }
    }
  }
  step("partitions");
  return {};
}

Expected<RoundOutcome> ProductionSession::write_rows(const Round& round, TableWriter writer) {
  RoundOutcome outcome{};
  if (auto begun = connection_->begin(); !begun) return tl::unexpected(begun.error());
  step("begun");
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto& rows = round.tables[i];
    KD_TRY(outcome[i], (this->*writer)(table_specs()[i], rows));
    outcome[i].duplicates += rows.duplicates;
    for (const auto& row : rows.refused) {
      if (auto kept = quarantine(table_specs()[i], row); !kept) {
        return tl::unexpected(kept.error());
      }
      ++outcome[i].quarantined;
    }
  }
  KD_TRY(const bool still_leads, move_cursors(*connection_, round.moves));
  if (!still_leads) {
    return fail(Remedy::kReconnect, "a cursor was moved by another deduplicator: it has the lead");
  }
  step("cursors");
  if (auto committed = connection_->commit(); !committed) return tl::unexpected(committed.error());
  step("committed");
  return outcome;
}

Expected<TableOutcome> ProductionSession::write_table(const TableSpec& spec,
                                                      const MergedRows& rows) {
  TableOutcome outcome;
  if (rows.direct.rows() > 0) {
    KD_TRY(outcome.written, connection_->copy_in(copy_into("", spec), rows.direct.bytes));
    step("direct");
  }
  if (rows.staged.rows() > 0) {
    KD_TRY(const auto merged, merge_staged(spec, rows.staged.bytes));
    outcome.written += merged;
    outcome.duplicates += static_cast<std::int64_t>(rows.staged.rows()) - merged;
    step("staged");
  }
  return outcome;
}

Expected<std::int64_t> ProductionSession::merge_staged(const TableSpec& spec,
                                                       std::span<const char> rows) {
  KD_TRY(const auto staged, connection_->copy_in(copy_into("stage_", spec), rows));
  static_cast<void>(staged);
  auto statement = merge_statement(spec);
  if (&spec == &table_specs()[table_index("trades")]) {
    KD_TRY(statement, with_bounds(statement));
  }
  if (!statement.starts_with("SELECT")) return connection_->exec(statement);
  KD_TRY(const auto answer, connection_->query(statement));
  return int_at(answer.at(0), 0).value_or(0);
}

// Constants let the planner leave out, and not lock, the partitions of other days.
Expected<std::string> ProductionSession::with_bounds(const std::string& statement) {
  KD_TRY(const auto rows,
         connection_->query("SELECT min(exchange_ts), max(exchange_ts) FROM stage_trades"));
  constexpr std::int64_t kDayUs = 86'400'000'000;
  return fmt::format(fmt::runtime(statement), int_at(rows.at(0), 0).value_or(0) - kDayUs,
                     int_at(rows.at(0), 1).value_or(0) + kDayUs);
}

Expected<TableOutcome> ProductionSession::write_table_isolating(const TableSpec& spec,
                                                                const MergedRows& rows) {
  TableOutcome total;
  for (const auto* set : {&rows.direct, &rows.staged}) {
    if (set->rows() == 0) continue;
    KD_TRY(const auto part, bisect(spec, *set, 0, set->rows()));
    total.written += part.written;
    total.duplicates += part.duplicates;
    total.quarantined += part.quarantined;
  }
  return total;
}

// Halves what fails until a single row is left, which is the bad one.
Expected<TableOutcome> ProductionSession::bisect(const TableSpec& spec, const RowSet& rows,
                                                 std::size_t first, std::size_t last) {
  const auto written = try_rows(spec, slice(rows, first, last));
  const auto count = static_cast<std::int64_t>(last - first);
  if (written) return TableOutcome{.written = *written, .duplicates = count - *written};
  if (written.error().remedy != Remedy::kDropItem) return tl::unexpected(written.error());
  if (count == 1) {
    const auto bytes = slice(rows, first, last);
    const RefusedRow bad{.gatherer = rows.origins[first].gatherer,
                         .position = rows.origins[first].position,
                         .reason = written.error().what,
                         .frame = std::string(bytes.data(), bytes.size())};
    if (auto kept = quarantine(spec, bad); !kept) return tl::unexpected(kept.error());
    return TableOutcome{.quarantined = 1};
  }
  const auto middle = first + (last - first) / 2;
  KD_TRY(auto total, bisect(spec, rows, first, middle));
  KD_TRY(const auto rest, bisect(spec, rows, middle, last));
  total.written += rest.written;
  total.duplicates += rest.duplicates;
  total.quarantined += rest.quarantined;
  return total;
}

Expected<std::int64_t> ProductionSession::try_rows(const TableSpec& spec,
                                                   std::span<const char> rows) {
  if (auto saved = connection_->exec("SAVEPOINT part"); !saved) return saved;
  auto written = merge_staged(spec, rows);
  const auto* end = written ? "RELEASE part" : "ROLLBACK TO part";
  if (!written && written.error().remedy != Remedy::kDropItem) return written;
  if (auto ended = connection_->exec(end); !ended) return ended;
  if (!written) return written;
  if (auto emptied = connection_->exec(fmt::format("TRUNCATE stage_{}", spec.name)); !emptied) {
    return emptied;
  }
  return written;
}

// Dated by its position, which is a clock: the same row is quarantined once, whenever read.
Expected<void> ProductionSession::quarantine(const TableSpec& spec, const RefusedRow& row) {
  KD_TRY(const auto kept,
         connection_->execute(
             "INSERT INTO quarantine (position, received_at, reason, frame, "
             "gatherer, table_name) VALUES ($1, $2, $3, $4, $5, $6) "
             "ON CONFLICT DO NOTHING",
             {fmt::to_string(row.position), fmt::to_string(row.position), row.reason,
              hex(row.frame), options_.gatherers.at(row.gatherer), std::string(spec.name)}));
  static_cast<void>(kept);
  return {};
}

}  // namespace kd
