#include "dedup/production_session.h"

#include <fmt/format.h>

#include <chrono>

#include "base/time.h"
#include "database/migrations.h"
#include "dedup/evidence_writer.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLeaderLock = "kalshi deduplicator leader";
constexpr auto kSilence = 5s;  // of a client, after which its session must end

std::int64_t leader_key(const Shard& shard) {
  return advisory_key(shard.count == 1 ? std::string(kLeaderLock)
                                       : fmt::format("{} {}", kLeaderLock, shard.name()));
}

// The server notices a dead peer in 3 + 3 s, and one that takes no answer in 5 s. Old chunks are
// decompressed as far as a backfill needs; servers without TimescaleDB ignore that setting.
constexpr const char* kSessionSettings =
    "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = 5000; "
    "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0";

}  // namespace

ProductionSession::ProductionSession(const Options& options, std::unique_ptr<Connection> connection,
                                     Partitions partitions, std::string consumer)
    : options_(options),
      connection_(std::move(connection)),
      partitions_(std::move(partitions)),
      consumer_(std::move(consumer)),
      writer_(*connection_, options_.gatherers, options_.at_step),
      leader_watch_(kSilence) {}

Expected<std::unique_ptr<ProductionSession>> ProductionSession::open(const Options& options) {
  auto connect = options.connect;
  connect.idle_session_timeout = kSilence;
  connect.idle_in_transaction_timeout = kSilence;
  KD_TRY(auto connection, Connection::connect(connect));
  KD_DO(connection->exec(kSessionSettings));
  KD_DO(require_schema(*connection, SchemaKind::kProduction));
  KD_TRY(auto partitions, Partitions::load(*connection));
  KD_TRY(const auto identity, connection->query("SELECT database_id FROM database_identity"));
  if (identity.empty()) return fail(Remedy::kGiveUp, "database_identity is empty");
  std::unique_ptr<ProductionSession> session(
      new ProductionSession(options, std::move(connection), std::move(partitions),
                            fmt::format("{}/{}", text_at(identity[0], 0), options.shard.name())));
  KD_DO(session->writer_.prepare());
  return session;
}

Expected<bool> ProductionSession::try_lead() {
  KD_TRY(const bool leads, connection_->try_advisory_lock(leader_key(options_.shard)));
  if (!leads) KD_DO(end_hanging_leader());
  return leads;
}

Expected<void> ProductionSession::end_hanging_leader() {
  const auto key = static_cast<std::uint64_t>(leader_key(options_.shard));
  KD_TRY(const auto rows,
         connection_->query(
             "SELECT a.pid, (a.state = 'active' AND a.wait_event_type = 'Client')::int, "
             "coalesce(c.bytes_processed, 0) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
             "LEFT JOIN pg_stat_progress_copy c USING (pid) WHERE l.locktype = 'advisory' "
             "AND l.granted AND l.objsubid = 1 AND l.classid::bigint = $1 "
             "AND l.objid::bigint = $2 AND a.datname = current_database()",
             {fmt::to_string(key >> 32), fmt::to_string(key & 0xffffffff)}));
  std::optional<LeaderWatch::Sample> sample;
  if (!rows.empty()) {
    sample = {.pid = int_at(rows[0], 0).value_or(0),
              .waits_for_client = int_at(rows[0], 1) == 1,
              .copied_bytes = int_at(rows[0], 2).value_or(0)};
  }
  if (!leader_watch_.stands_still(sample, LeaderWatch::Clock::now())) return {};
  KD_DO(connection_->query("SELECT pg_terminate_backend($1)", {fmt::to_string(sample->pid)}));
  return {};
}

Expected<CursorMap> ProductionSession::cursors() {
  for (const auto& gatherer : options_.gatherers) {
    for (const auto& spec : table_specs()) {
      KD_DO(create_cursor(*connection_, options_.shard.name(), {gatherer, std::string(spec.name)}));
    }
  }
  return load_cursors(*connection_, options_.shard.name());
}

// Constant bounds keep all but the newest partitions out of the statement, and unlocked.
Expected<std::int64_t> ProductionSession::newest_stamp(const TableSpec& spec, std::int64_t now_us) {
  constexpr std::int64_t kHourUs = 3'600'000'000;
  for (const auto hours : {1, 24, 24 * 30}) {
    KD_TRY(const auto newest, newest_since(spec, now_us - hours * kHourUs));
    if (newest) return *newest;
  }
  KD_TRY(const auto newest, newest_since(spec, 0));
  return newest.value_or(SeenSet::kNothingStored);
}

Expected<std::optional<std::int64_t>> ProductionSession::newest_since(const TableSpec& spec,
                                                                      std::int64_t from_us) {
  KD_TRY(const auto rows,
         connection_->query(fmt::format("SELECT max({0}) FROM {1} WHERE {0} >= {2}",
                                        stamp_name(spec), spec.name, from_us)));
  return int_at(rows.at(0), 0);
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
  return write_with(round, &MergeTableWriter::write);
}

Expected<RoundOutcome> ProductionSession::write_isolating(const Round& round) {
  return write_with(round, &MergeTableWriter::write_isolating);
}

Expected<RoundOutcome> ProductionSession::write_with(const Round& round, WriteTable writer) {
  KD_DO(ensure_partitions(round));
  auto outcome = write_round(round, writer);
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

Expected<RoundOutcome> ProductionSession::write_round(const Round& round, WriteTable writer) {
  RoundOutcome outcome{};
  KD_DO(connection_->begin());
  step("begun");
  KD_DO(write_tables(round, writer, outcome));
  KD_DO(write_evidence(round, outcome));
  KD_TRY(const bool still_leads, move_cursors(*connection_, options_.shard.name(), round.moves));
  if (!still_leads) {
    return fail(Remedy::kReconnect, "a cursor was moved by another deduplicator: it has the lead");
  }
  step("cursors");
  KD_DO(connection_->commit());
  step("committed");
  return outcome;
}

Expected<void> ProductionSession::write_tables(const Round& round, WriteTable writer,
                                               RoundOutcome& outcome) {
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto& rows = round.tables[i];
    KD_TRY(outcome[i], (writer_.*writer)(table_specs()[i], rows));
    outcome[i].duplicates += rows.duplicates;
    for (const auto& row : rows.refused) {
      KD_DO(writer_.quarantine(table_specs()[i], row));
      ++outcome[i].quarantined;
    }
  }
  return {};
}

Expected<void> ProductionSession::write_evidence(const Round& round, RoundOutcome& outcome) {
  KD_TRY(outcome[table_index("watermarks")].written,
         write_proofs(*connection_, options_.shard.name(), options_.gatherers, round.proofs));
  step("proofs");
  KD_DO(write_findings(*connection_, options_.gatherers, round.frozen, to_us(wall_now())));
  step("frozen");
  return {};
}

}  // namespace kd
