#include "dedup/table_writer.h"

#include <fmt/format.h>

#include <array>

namespace kd {
namespace {

std::string copy_into(std::string_view prefix, const TableSpec& spec) {
  return fmt::format("COPY {}{} ({}) FROM STDIN (FORMAT binary)", prefix, spec.name,
                     spec.production_columns);
}

// The statements that move the staged rows of a table.
std::array<std::string, 2> merge_statements(const TableSpec& spec) {
  if (!spec.merge_sql[0].empty()) {
    return {std::string(spec.merge_sql[0]), std::string(spec.merge_sql[1])};
  }
  return {fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM stage_{0} ON CONFLICT DO NOTHING",
                      spec.name, spec.production_columns),
          ""};
}

bool is_trades(const TableSpec& spec) { return &spec == &table_specs()[table_index("trades")]; }
bool is_deltas(const TableSpec& spec) {
  return &spec == &table_specs()[table_index("orderbook_deltas")];
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

TableOutcome& TableOutcome::operator+=(const TableOutcome& other) {
  written += other.written;
  duplicates += other.duplicates;
  quarantined += other.quarantined;
  return *this;
}

MergeTableWriter::MergeTableWriter(Connection& connection, std::vector<std::string> gatherers,
                                   Step step)
    : connection_(connection), gatherers_(std::move(gatherers)), step_(std::move(step)) {}

Expected<void> MergeTableWriter::prepare() {
  std::string sql;
  for (const auto& spec : table_specs()) {
    if (spec.production_columns.empty()) continue;
    sql += fmt::format(
        "CREATE TEMP TABLE stage_{0} (LIKE {0} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;",
        spec.name);
  }
  KD_DO(connection_.exec(sql));
  return {};
}

Expected<TableOutcome> MergeTableWriter::write(const TableSpec& spec, const MergedRows& rows) {
  TableOutcome outcome;
  if (rows.direct.rows() > 0) {
    KD_TRY(outcome.written, connection_.copy_in(copy_into("", spec), rows.direct.bytes));
    if (step_) step_("direct");
  }
  if (rows.staged.rows() > 0) {
    KD_TRY(const auto merged, merge_staged(spec, rows.staged.bytes));
    outcome.written += merged;
    outcome.duplicates += static_cast<std::int64_t>(rows.staged.rows()) - merged;
    if (step_) step_("staged");
  }
  return outcome;
}

Expected<std::int64_t> MergeTableWriter::merge_staged(const TableSpec& spec,
                                                      std::span<const char> rows) {
  KD_DO(lock_trades(spec));
  KD_DO(connection_.copy_in(copy_into("stage_", spec), rows));
  std::int64_t merged = 0;
  for (auto& statement : merge_statements(spec)) {
    if (statement.empty()) continue;
    if (is_trades(spec)) {
      KD_TRY(statement, with_bounds(statement));
    }
    KD_TRY(const auto part, run_merge(statement));
    merged += part;
  }
  return merged;
}

Expected<std::int64_t> MergeTableWriter::run_merge(const std::string& statement) {
  if (!statement.starts_with("SELECT")) return connection_.exec(statement);
  KD_TRY(const auto answer, connection_.query(statement));
  return int_at(answer.at(0), 0).value_or(0);
}

// Trades are one by their id alone, which no key can promise: whoever else writes trades takes
// this lock exclusively. Shards have different trades. Waiting ends as an error, after which the
// round is done again, before our own patience with the server does.
Expected<void> MergeTableWriter::lock_trades(const TableSpec& spec) {
  if (!is_trades(spec)) return {};
  KD_DO(connection_.exec(
      "SET LOCAL lock_timeout = '10s'; "
      "SELECT pg_advisory_xact_lock_shared(hashtextextended('kalshi trades writer', 0))"));
  return {};
}

// Constants let the planner leave out, and not lock, the partitions of other days.
Expected<std::string> MergeTableWriter::with_bounds(std::string_view statement) {
  KD_TRY(const auto rows,
         connection_.query("SELECT min(exchange_ts), max(exchange_ts) FROM stage_trades"));
  constexpr std::int64_t kDayUs = 86'400'000'000;
  return fmt::format(fmt::runtime(statement), int_at(rows.at(0), 0).value_or(0) - kDayUs,
                     int_at(rows.at(0), 1).value_or(0) + kDayUs);
}

Expected<TableOutcome> MergeTableWriter::write_isolating(const TableSpec& spec,
                                                         const MergedRows& rows) {
  TableOutcome total;
  for (const auto* set : {&rows.direct, &rows.staged}) {
    if (set->rows() == 0) continue;
    KD_TRY(const auto part, bisect(spec, *set, 0, set->rows()));
    total += part;
  }
  return total;
}

// Halves what fails until a single row is left, which is the bad one.
Expected<TableOutcome> MergeTableWriter::bisect(const TableSpec& spec, const RowSet& rows,
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
    KD_DO(quarantine(spec, bad));
    if (is_deltas(spec)) KD_DO(note_drop(rows.origins[first]));
    return TableOutcome{.quarantined = 1};
  }
  const auto middle = first + (last - first) / 2;
  KD_TRY(auto total, bisect(spec, rows, first, middle));
  KD_TRY(const auto rest, bisect(spec, rows, middle, last));
  total += rest;
  return total;
}

Expected<std::int64_t> MergeTableWriter::try_rows(const TableSpec& spec,
                                                  std::span<const char> rows) {
  if (auto saved = connection_.exec("SAVEPOINT part"); !saved) return saved;
  auto written = merge_staged(spec, rows);
  const auto* end = written ? "RELEASE part" : "ROLLBACK TO part";
  if (!written && written.error().remedy != Remedy::kDropItem) return written;
  if (auto ended = connection_.exec(end); !ended) return ended;
  if (!written) return written;
  if (auto emptied = connection_.exec(fmt::format("TRUNCATE stage_{}", spec.name)); !emptied) {
    return emptied;
  }
  return written;
}

// Dated by its position, which is a clock: the same row is quarantined once, whenever read.
Expected<void> MergeTableWriter::quarantine(const TableSpec& spec, const RefusedRow& row) {
  KD_TRY(
      const auto kept,
      connection_.execute("INSERT INTO quarantine (position, received_at, reason, frame, "
                          "gatherer, table_name) VALUES ($1, $2, $3, $4, $5, $6) "
                          "ON CONFLICT DO NOTHING",
                          {fmt::to_string(row.position), fmt::to_string(row.position), row.reason,
                           hex(row.frame), gatherers_.at(row.gatherer), std::string(spec.name)}));
  static_cast<void>(kept);
  return {};
}

// No line covers the instant of a change that production does not have: the copies of the other
// gatherers are taken for repetitions.
Expected<void> MergeTableWriter::note_drop(const RowOrigin& row) {
  constexpr std::int64_t kMs = 1'000;
  const auto position = fmt::to_string(row.position);
  KD_DO(connection_.query("SELECT kd_ensure_partitions('ledger', $1, $1)", {position}));
  for (const auto& gatherer : gatherers_) {
    KD_DO(connection_.execute(
        "INSERT INTO ledger (position, at, stream_id, connection, channel, event, from_ts, to_ts, "
        "count, reason, gatherer) VALUES ($1, $1, 0, -1, 'orderbook_delta', 'drop', $2, $3, 1, "
        "'quarantined', $4) ON CONFLICT DO NOTHING",
        {position, fmt::to_string(row.stamp_us / kMs * kMs),
         fmt::to_string((row.stamp_us + kMs - 1) / kMs * kMs), gatherer}));
  }
  return {};
}

}  // namespace kd
