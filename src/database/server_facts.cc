#include "database/server_facts.h"

#include <fmt/format.h>

#include <filesystem>

#include "database/storage_engine.h"

namespace kd {
namespace {

// Sizes and times in one unit each, whatever pg_settings counts in.
constexpr const char* kNumbers =
    "SELECT name, setting::numeric * CASE unit WHEN '8kB' THEN 8192 WHEN 'kB' THEN 1024 "
    "WHEN 'MB' THEN 1048576 WHEN 'B' THEN 1 WHEN 'min' THEN 60 WHEN 's' THEN 1 ELSE 1 END "
    "FROM pg_settings WHERE vartype = 'integer' AND name IN ('max_connections', "
    "'superuser_reserved_connections', 'shared_buffers', 'max_wal_size', 'checkpoint_timeout', "
    "'max_locks_per_transaction', 'max_prepared_transactions')";
constexpr const char* kWords =
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', "
    "'synchronous_commit', 'wal_compression', 'autovacuum', 'data_directory')";

Expected<void> ask_settings(Connection& session, ServerFacts& facts) {
  KD_TRY(const auto numbers, session.query(kNumbers));
  for (const auto& row : numbers) facts.numbers[text_at(row, 0)] = int_at(row, 1).value_or(0);
  KD_TRY(const auto words, session.query(kWords));
  for (const auto& row : words) facts.words[text_at(row, 0)] = text_at(row, 1);
  return {};
}

Expected<void> ask_session(Connection& session, ServerFacts& facts) {
  KD_TRY(const auto rows,
         session.query("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = "
                       "current_user), current_setting('server_version_num'), "
                       "(SELECT count(*) FROM pg_stat_activity WHERE datid IS NOT NULL)"));
  const auto& row = rows.at(0);
  facts.role = text_at(row, 0);
  facts.superuser = row.at(1) == "t";
  facts.version = int_at(row, 2).value_or(0);
  facts.connections_used = int_at(row, 3).value_or(0);
  return {};
}

// Half of the round trip is taken off; the rest is the difference of the clocks.
Expected<void> ask_clock(Connection& session, ServerFacts& facts) {
  const auto before = wall_now();
  KD_TRY(const auto rows,
         session.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  const auto after = wall_now();
  const auto ours = before + (after - before) / 2;
  facts.clock_skew = std::chrono::duration_cast<std::chrono::milliseconds>(
      micros_from_us(int_at(rows.at(0), 0).value_or(0)) - ours);
  return {};
}

void look_at_disk(ServerFacts& facts) {
  const auto found = facts.words.find("data_directory");
  if (found == facts.words.end() || !facts.security.local) return;
  std::error_code hidden;
  const auto space = std::filesystem::space(found->second, hidden);
  if (hidden || space.capacity == 0) return;
  facts.disk_free_ratio =
      static_cast<double>(space.available) / static_cast<double>(space.capacity);
}

Expected<void> ask_tables(Connection& session, ServerFacts& facts) {
  KD_TRY(const auto rows,
         session.query(
             "SELECT k.table_name, has_table_privilege(k.table_name, 'SELECT'), "
             "has_table_privilege(k.table_name, 'INSERT'), has_table_privilege(k.table_name, "
             "'UPDATE, DELETE, TRUNCATE'), count(p.partition), coalesce(sum(p.bytes), 0), "
             "min(p.to_key), count(p.partition) * (1 + (SELECT count(*) FROM pg_index WHERE "
             "indrelid = k.table_name::regclass)) "
             "FROM kd_partitioning k LEFT JOIN kd_partitions() p USING (table_name) "
             "GROUP BY k.table_name ORDER BY k.table_name"));
  for (const auto& row : rows) {
    facts.tables.push_back({.name = text_at(row, 0),
                            .may_select = row.at(1) == "t",
                            .may_insert = row.at(2) == "t",
                            .may_change = row.at(3) == "t",
                            .partitions = int_at(row, 4).value_or(0),
                            .relations = int_at(row, 7).value_or(0),
                            .bytes = int_at(row, 5).value_or(0),
                            .oldest_end = int_at(row, 6)});
  }
  return {};
}

Expected<void> ask_acks(Connection& session, ServerFacts& facts) {
  KD_TRY(const auto rows,
         session.query("SELECT consumer, count(*), extract(epoch FROM now() - "
                       "max(acked_at))::bigint FROM sync_acks GROUP BY consumer ORDER BY 1"));
  for (const auto& row : rows) {
    facts.acks.push_back({.consumer = text_at(row, 0),
                          .tables = int_at(row, 1).value_or(0),
                          .age_seconds = int_at(row, 2).value_or(0)});
  }
  return {};
}

Expected<void> ask_storage(Connection& session, SessionPurpose purpose,
                           const std::string& wanted_engine, ServerFacts& facts) {
  KD_TRY(const auto engine, storage_engine(session));
  facts.engine = name_of(engine);
  if (const auto fits = require_engine(session, wanted_engine); !fits) {
    facts.engine_problem = fits.error().what;
  }
  KD_DO(ask_tables(session, facts));
  if (schema_of(purpose) == SchemaKind::kGatherer) KD_DO(ask_acks(session, facts));
  return {};
}

}  // namespace

SchemaKind schema_of(SessionPurpose purpose) {
  return purpose == SessionPurpose::kMerge ? SchemaKind::kProduction : SchemaKind::kGatherer;
}

Expected<SessionPurpose> purpose_of(Connection& session) {
  KD_TRY(const auto present, session.query("SELECT to_regclass('schema_migrations') IS NOT NULL "
                                           "AND has_table_privilege('schema_migrations', "
                                           "'SELECT'), current_user"));
  if (present.at(0).at(0) != "t") return SessionPurpose::kRecord;
  KD_TRY(const auto kind, session.query("SELECT kind FROM schema_migrations LIMIT 1"));
  if (!kind.empty() && kind[0].at(0) == "production") return SessionPurpose::kMerge;
  return present[0].at(1) == "dedup_reader" ? SessionPurpose::kCollect : SessionPurpose::kRecord;
}

Expected<ServerFacts> server_facts(Connection& session, SessionPurpose purpose,
                                   const std::string& wanted_engine) {
  ServerFacts facts;
  facts.target = session.target();
  facts.security = session.security();
  KD_DO(ask_session(session, facts));
  KD_DO(ask_settings(session, facts));
  KD_DO(ask_clock(session, facts));
  look_at_disk(facts);
  KD_TRY(facts.timescaledb_usable, timescaledb_usable(session));
  if (const auto schema = require_schema(session, schema_of(purpose)); !schema) {
    facts.schema_problem = schema.error().what;
    return facts;
  }
  KD_DO(ask_storage(session, purpose, wanted_engine, facts));
  return facts;
}

}  // namespace kd
