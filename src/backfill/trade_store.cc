#include "backfill/trade_store.h"

#include <fmt/format.h>

#include "database/migrations.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::int64_t kMinuteUs = 60'000'000;

// A process that was suspended, or cut off, must not keep the merge waiting for its lock.
constexpr auto kSilenceInTransaction = 5s;
constexpr auto kSilence = 3min;
constexpr const char* kKeepalives =
    "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 5000";

// One page at a time, from before its transaction into it.
constexpr const char* kStaging = "CREATE TEMP TABLE stage_rest_trades (LIKE trades)";

// Rows of old days lie in compressed chunks, where TimescaleDB refuses to look through many.
constexpr const char* kManyCompressed =
    "SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', false) "
    "WHERE EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')";

// The same lock as the deduplicator's, whose rounds wait behind us meanwhile.
constexpr const char* kLock =
    "SET LOCAL lock_timeout = '10s'; "
    "SELECT pg_advisory_xact_lock(hashtextextended('kalshi trades writer', 0))";

// Leaves out most of what is known, so that the lock is held for what may be new. The ticker keeps
// compressed rows of other markets out of it. {0} {1}: from, to.
constexpr const char* kLeaveOutKnown =
    "DELETE FROM stage_rest_trades s USING stage_rest_trades p, LATERAL ("
    "SELECT true FROM trades t WHERE t.trade_id = p.trade_id AND t.ticker = p.ticker "
    "AND t.exchange_ts BETWEEN p.exchange_ts - 60000000 AND p.exchange_ts + 60000000 "
    "AND t.exchange_ts BETWEEN {0} AND {1} LIMIT 1) hit WHERE s.trade_id = p.trade_id";

// For so many new trades the compressed partitions that they are looked for in are opened.
constexpr std::int64_t kMany = 20;

// A trade is one by its id, within a day. The LATERAL with its LIMIT makes the planner probe the
// index, row by row; constants as bounds leave the partitions of other days out. {1} {2}: from, to.
constexpr const char* kMerge =
    "INSERT INTO trades ({0}) SELECT {0} FROM stage_rest_trades s LEFT JOIN LATERAL ("
    "SELECT true AS known FROM trades t WHERE t.trade_id = s.trade_id AND t.exchange_ts "
    "BETWEEN s.exchange_ts - 86400000000 AND s.exchange_ts + 86400000000 "
    "AND t.exchange_ts BETWEEN {1} AND {2} LIMIT 1) hit ON true "
    "WHERE hit.known IS NULL ON CONFLICT DO NOTHING";

std::string us_text(Micros at) { return fmt::to_string(to_us(at)); }

sys_seconds seconds_at(const SqlRow& row, std::size_t column) {
  return std::chrono::floor<std::chrono::seconds>(micros_from_us(int_at(row, column).value_or(0)));
}

}  // namespace

std::string merge_rest_trades(Micros oldest, Micros newest) {
  return fmt::format(fmt::runtime(kMerge), trade_columns(), to_us(oldest) - kDayUs,
                     to_us(newest) + kDayUs);
}

Expected<std::unique_ptr<TradeStore>> TradeStore::open(ConnectOptions options) {
  options.idle_session_timeout = kSilence;
  options.idle_in_transaction_timeout = kSilenceInTransaction;
  std::unique_ptr<TradeStore> store(new TradeStore(std::move(options)));
  KD_DO(store->connect());
  return store;
}

Expected<void> TradeStore::connect() {
  KD_TRY(connection_, Connection::connect(options_));
  KD_DO(connection_->exec(kKeepalives));
  KD_DO(require_schema(*connection_, SchemaKind::kProduction));
  KD_TRY(partitions_, Partitions::load(*connection_));
  KD_DO(connection_->query(kManyCompressed));
  KD_DO(connection_->exec(kStaging));
  return {};
}

Expected<sys_seconds> TradeStore::done_until(const FillJob& job, sys_seconds from) {
  KD_TRY(const auto rows,
         connection_->query("SELECT max(done_until) FROM backfill_progress WHERE job = $1 "
                            "AND selection IN ('', $2) AND from_ts <= $3",
                            {job.job, job.selection, us_text(from)}));
  return std::max(seconds_at(rows.at(0), 0), from);  // NULL: it never ran
}

Expected<std::optional<TradeStore::Progress>> TradeStore::furthest(const FillJob& job) {
  KD_TRY(const auto rows, connection_->query("SELECT from_ts, done_until FROM backfill_progress "
                                             "WHERE job = $1 AND selection = $2 "
                                             "ORDER BY done_until DESC, from_ts LIMIT 1",
                                             {job.job, job.selection}));
  if (rows.empty()) return std::nullopt;
  return Progress{.from = seconds_at(rows[0], 0), .done_until = seconds_at(rows[0], 1)};
}

Expected<std::optional<Micros>> TradeStore::oldest_trade() {
  KD_TRY(const auto rows,
         connection_->query("SELECT exchange_ts FROM trades ORDER BY exchange_ts LIMIT 1"));
  if (rows.empty()) return std::nullopt;
  return micros_from_us(int_at(rows[0], 0).value_or(0));
}

Expected<std::int64_t> TradeStore::add(const TradeRows& rows) {
  return store(rows, [&] { return merge(rows); });
}

Expected<std::int64_t> TradeStore::finish(const TradeRows& rows, const FillJob& job,
                                          sys_seconds started, const FilledWindow& window) {
  return store(rows, [&]() -> Expected<std::int64_t> {
    KD_TRY(const auto added, merge(rows));
    auto all = window;
    all.added += added;
    KD_DO(move_progress(job, started, all));
    if (job.job == kAuditJob) KD_DO(note_audit(all));
    return added;
  });
}

// A transaction that the server ended has left nothing behind: it is tried once more.
template <typename Work>
Expected<std::int64_t> TradeStore::store(const TradeRows& rows, const Work& work) {
  KD_DO(prepare(rows));
  auto done = transact(work);
  if (done ||
      (done.error().remedy != Remedy::kReconnect && done.error().remedy != Remedy::kRetry)) {
    return done;
  }
  KD_DO(prepare(rows));
  return transact(work);
}

// The first statement after what may have been a long silence.
Expected<void> TradeStore::empty_stage() {
  const auto emptied = connection_->exec("TRUNCATE stage_rest_trades");
  if (emptied) return {};
  return emptied.error().remedy == Remedy::kReconnect ? connect() : tl::unexpected(emptied.error());
}

// Before the transaction: no lock on the parent outlives the call, and what is known already is
// left out without keeping the other writer waiting.
Expected<void> TradeStore::prepare(const TradeRows& rows) {
  staged_ = 0;
  KD_DO(empty_stage());
  if (rows.rows() == 0) return {};
  const auto oldest = to_us(rows.oldest());
  const auto newest = to_us(rows.newest());
  KD_DO(partitions_.ensure(*connection_, "trades", oldest, newest));
  KD_DO(connection_->copy_in(
      fmt::format("COPY stage_rest_trades ({}) FROM STDIN (FORMAT binary)", trade_columns()),
      rows.bytes()));
  KD_TRY(const auto known, connection_->exec(fmt::format(fmt::runtime(kLeaveOutKnown),
                                                         oldest - kMinuteUs, newest + kMinuteUs)));
  staged_ = rows.rows() - known;
  return staged_ < kMany ? Expected<void>{} : open_partitions(oldest - kDayUs, newest + kDayUs);
}

Expected<void> TradeStore::open_partitions(std::int64_t oldest_us, std::int64_t newest_us) {
  const auto opened = connection_->query("SELECT kd_open_partitions('trades', $1, $2)",
                                         {fmt::to_string(oldest_us), fmt::to_string(newest_us)});
  // Somebody else uses the partition: without it the trades take longer.
  if (!opened && opened.error().remedy != Remedy::kRetry) return tl::unexpected(opened.error());
  return {};
}

template <typename Work>
Expected<std::int64_t> TradeStore::transact(const Work& work) {
  KD_DO(connection_->begin());
  auto done = work();
  if (done) {
    if (const auto committed = connection_->commit(); !committed) {
      done = tl::unexpected(committed.error());
    }
  }
  if (!done && connection_->usable()) static_cast<void>(connection_->rollback());
  return done;
}

Expected<std::int64_t> TradeStore::merge(const TradeRows& rows) {
  for (const auto& trade : rows.refused()) KD_DO(quarantine(trade));
  if (staged_ == 0) return 0;
  KD_DO(connection_->exec(kLock));
  return connection_->exec(merge_rest_trades(rows.oldest(), rows.newest()));
}

// Once, however often its page is read.
Expected<void> TradeStore::quarantine(const RefusedTrade& trade) {
  KD_DO(connection_->execute(
      "INSERT INTO quarantine (position, received_at, reason, frame, gatherer, table_name) "
      "SELECT hashtextextended($1, 0), $2, $3, convert_to($1, 'UTF8'), 'rest', 'trades' "
      "WHERE NOT EXISTS (SELECT FROM quarantine WHERE gatherer = 'rest' "
      "AND table_name = 'trades' AND position = hashtextextended($1, 0)) ON CONFLICT DO NOTHING",
      {trade.text, us_text(trade.received), trade.reason}));
  return {};
}

Expected<void> TradeStore::move_progress(const FillJob& job, sys_seconds started,
                                         const FilledWindow& window) {
  KD_DO(connection_->execute(
      "INSERT INTO backfill_progress AS p "
      "(job, selection, from_ts, done_until, trades_read, trades_added) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (job, selection, from_ts) DO UPDATE SET "
      "done_until = greatest(p.done_until, excluded.done_until), "
      "trades_read = p.trades_read + excluded.trades_read, "
      "trades_added = p.trades_added + excluded.trades_added, updated_at = now()",
      {job.job, job.selection, us_text(started), us_text(window.window.to),
       fmt::to_string(window.read), fmt::to_string(window.added)}));
  return {};
}

Expected<void> TradeStore::note_audit(const FilledWindow& window) {
  KD_DO(connection_->execute(
      "INSERT INTO trade_audits (from_ts, to_ts, rest_trades, known, added, unreadable, stored, "
      "checked_at) SELECT $1, $2, $3, $3::bigint - $4::bigint, $4, $5, count(*), "
      "(extract(epoch FROM now()) * 1000000)::bigint "
      "FROM trades WHERE exchange_ts >= $1::bigint AND exchange_ts < $2::bigint",
      {us_text(window.window.from), us_text(window.window.to), fmt::to_string(window.read),
       fmt::to_string(window.added), fmt::to_string(window.refused)}));
  return {};
}

}  // namespace kd
