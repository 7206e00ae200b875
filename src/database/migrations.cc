#include "database/migrations.h"

#include <fmt/format.h>

#include <algorithm>

namespace kd {
namespace {

std::string_view kind_name(SchemaKind kind) {
  return kind == SchemaKind::kGatherer ? "gatherer" : "production";
}

constexpr const char* kCreateRecord =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, "
    "name text NOT NULL, kind text NOT NULL, checksum text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";

Expected<std::vector<AppliedMigration>> read_applied(Connection& connection, SchemaKind kind) {
  KD_TRY(const auto rows, connection.query("SELECT version, name, checksum, kind "
                                           "FROM schema_migrations ORDER BY version"));
  std::vector<AppliedMigration> out;
  for (const auto& row : rows) {
    if (row.at(3) != kind_name(kind)) {
      return fail(Remedy::kGiveUp,
                  fmt::format("{} holds a {} schema, not a {} schema", connection.target(),
                              text_at(row, 3), kind_name(kind)));
    }
    out.push_back({static_cast<int>(int_at(row, 0).value_or(0)), text_at(row, 1), text_at(row, 2)});
  }
  return out;
}

Expected<void> apply(Connection& admin, SchemaKind kind, const Migration& migration) {
  KD_TRY(const auto ran, admin.exec(std::string(migration.sql)));
  KD_TRY(const auto reset, admin.exec("RESET ROLE"));
  KD_TRY(const auto noted,
         admin.execute("INSERT INTO schema_migrations (version, name, kind, checksum) "
                       "VALUES ($1, $2, $3, $4)",
                       {fmt::to_string(migration.version), std::string(migration.name),
                        std::string(kind_name(kind)), std::string(migration.checksum)}));
  static_cast<void>(ran + reset + noted);
  return {};
}

// Applies the next pending migration in a transaction; its version, or 0 when none is pending.
Expected<int> apply_next(Connection& admin, SchemaKind kind, std::span<const Migration> known) {
  if (auto begun = admin.begin(); !begun) return tl::unexpected(begun.error());
  KD_TRY(const auto locked, admin.query("SELECT pg_advisory_xact_lock($1)",
                                        {fmt::to_string(advisory_key("migrate"))}));
  KD_TRY(const auto made, admin.exec(kCreateRecord));
  static_cast<void>(locked.size() + static_cast<std::size_t>(made));
  KD_TRY(const auto applied, read_applied(admin, kind));
  KD_TRY(const auto pending, pending_migrations(known, applied));
  if (!pending.empty()) {
    if (auto done = apply(admin, kind, pending.front()); !done) {
      return fail(done.error().remedy,
                  fmt::format("migration {} {:04} {}: {}", kind_name(kind), pending.front().version,
                              pending.front().name, done.error().what));
    }
  }
  if (auto done = admin.commit(); !done) return tl::unexpected(done.error());
  return pending.empty() ? 0 : pending.front().version;
}

}  // namespace

Expected<std::span<const Migration>> pending_migrations(std::span<const Migration> known,
                                                        std::span<const AppliedMigration> applied) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= known.size()) {
      return fail(Remedy::kGiveUp,
                  fmt::format("the database has migration {:04} ({}), newer than this program: use "
                              "the newer release",
                              applied[i].version, applied[i].name));
    }
    if (applied[i].version != known[i].version || applied[i].checksum != known[i].checksum) {
      return fail(Remedy::kGiveUp,
                  fmt::format("migration {:04} ({}) was applied with another text than the one in "
                              "this program: applied migrations must not be edited; add a new one",
                              known[i].version, known[i].name));
    }
  }
  return known.subspan(applied.size());
}

Expected<std::vector<int>> apply_migrations(Connection& admin, SchemaKind kind,
                                            std::span<const Migration> known) {
  std::vector<int> versions;
  for (;;) {
    const auto applied = apply_next(admin, kind, known);
    if (!applied) {
      static_cast<void>(admin.rollback());
      return tl::unexpected(applied.error());
    }
    if (*applied == 0) return versions;
    versions.push_back(*applied);
  }
}

Expected<std::vector<int>> migrate(Connection& admin, SchemaKind kind, StorageEngine engine) {
  KD_TRY(auto versions, apply_migrations(admin, kind, migrations_of(kind)));
  KD_DO(use_engine(admin, engine));
  return versions;
}

Expected<void> require_schema(Connection& connection, SchemaKind kind) {
  const bool gatherer = kind == SchemaKind::kGatherer;
  const auto advice =
      fmt::format("run: kalshi-data migrate {} --config <the {}'s configuration file>",
                  kind_name(kind), gatherer ? "gatherer" : "deduplicator");
  KD_TRY(const auto present, connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL "
                                              "AND has_table_privilege('schema_migrations', "
                                              "'SELECT')"));
  if (present.at(0).at(0) != "t") {
    return fail(Remedy::kGiveUp,
                fmt::format("{} has no schema of ours; {}", connection.target(), advice));
  }
  KD_TRY(const auto applied, read_applied(connection, kind));
  const auto pending = pending_migrations(migrations_of(kind), applied);
  if (!pending) {
    return fail(Remedy::kGiveUp, connection.target() + ": " + pending.error().what);
  }
  if (pending->empty()) return {};
  return fail(Remedy::kGiveUp,
              fmt::format("{} lacks migration {:04} ({}); {}", connection.target(),
                          pending->front().version, pending->front().name, advice));
}

}  // namespace kd
