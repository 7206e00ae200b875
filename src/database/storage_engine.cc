#include "database/storage_engine.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace kd {
namespace {

constexpr std::array<std::pair<StorageEngine, std::string_view>, 3> kNames = {{
    {StorageEngine::kAuto, "auto"},
    {StorageEngine::kNative, "native"},
    {StorageEngine::kTimescaleDb, "timescaledb"},
}};

constexpr const char* kHowToInstall =
    "install TimescaleDB for this PostgreSQL, add shared_preload_libraries = 'timescaledb' to "
    "postgresql.conf and restart the server";

// What an earlier migration chose; nothing in a database that was not asked yet.
Expected<std::optional<StorageEngine>> chosen_engine(Connection& connection) {
  KD_TRY(const auto rows, connection.query("SELECT engine FROM kd_engine"));
  if (rows.empty()) return std::nullopt;
  KD_TRY(const auto engine, storage_engine_named(text_at(rows[0], 0)));
  return engine;
}

Expected<bool> holds_rows(Connection& connection) {
  KD_TRY(const auto tables, connection.query("SELECT table_name FROM kd_partitioning"));
  for (const auto& table : tables) {
    KD_TRY(const auto rows,
           connection.query(fmt::format("SELECT 1 FROM {} LIMIT 1", text_at(table, 0))));
    if (!rows.empty()) return true;
  }
  return false;
}

// A database that is older than the choice and holds rows stays what it was: native.
Expected<StorageEngine> resolve(Connection& admin, StorageEngine wanted) {
  if (wanted != StorageEngine::kAuto) return wanted;
  KD_TRY(const auto chosen, chosen_engine(admin));
  if (chosen) return *chosen;
  KD_TRY(const bool usable, timescaledb_usable(admin));
  if (!usable) return StorageEngine::kNative;
  KD_TRY(const bool in_use, holds_rows(admin));
  return in_use ? StorageEngine::kNative : StorageEngine::kTimescaleDb;
}

Expected<void> create_extension(Connection& admin) {
  KD_TRY(const bool usable, timescaledb_usable(admin));
  if (!usable) {
    return fail(Remedy::kGiveUp, fmt::format("{}: the server cannot run TimescaleDB: {}",
                                             admin.target(), kHowToInstall));
  }
  KD_DO(admin.exec("CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public"));
  return {};
}

// One transaction, and one session at a time, as the migrations are.
Expected<void> convert(Connection& admin, StorageEngine engine) {
  KD_DO(admin.begin());
  KD_DO(admin.query("SELECT pg_advisory_xact_lock($1)", {fmt::to_string(advisory_key("migrate"))}));
  KD_DO(admin.exec("SET LOCAL client_min_messages = error"));
  if (engine == StorageEngine::kTimescaleDb) KD_DO(create_extension(admin));
  KD_DO(admin.exec("SET LOCAL ROLE kalshi_owner"));
  KD_DO(admin.query("SELECT kd_use_engine($1)", {std::string(name_of(engine))}));
  return admin.commit();
}

}  // namespace

std::string_view name_of(StorageEngine engine) {
  for (const auto& [value, name] : kNames) {
    if (value == engine) return name;
  }
  return "";
}

Expected<StorageEngine> storage_engine_named(std::string_view name) {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return fail(Remedy::kGiveUp,
              fmt::format("'{}' is no storage engine: auto, timescaledb, native", name));
}

Expected<StorageEngine> storage_engine(Connection& connection) {
  KD_TRY(const auto rows, connection.query("SELECT kd_storage_engine()"));
  return storage_engine_named(text_at(rows.at(0), 0));
}

Expected<void> require_engine(Connection& connection, std::string_view wanted) {
  KD_TRY(const auto configured, storage_engine_named(wanted));
  KD_TRY(const auto engine, storage_engine(connection));
  if (configured != StorageEngine::kAuto && configured != engine) {
    return fail(Remedy::kGiveUp,
                fmt::format("{} is kept by the storage engine {}, and the configuration wants {}: "
                            "a database keeps the engine it was made with; correct the key "
                            "`engine`, or migrate an empty database with --engine {}",
                            connection.target(), name_of(engine), wanted, wanted));
  }
  if (engine == StorageEngine::kNative) return {};
  KD_TRY(const bool usable, timescaledb_usable(connection));
  if (usable) return {};
  return fail(Remedy::kGiveUp, fmt::format("{} is kept by TimescaleDB, which its server does not "
                                           "load: {}",
                                           connection.target(), kHowToInstall));
}

// shared_preload_libraries is for superusers to see; a setting of the loader is for everybody,
// and pg_settings does not show it where it was written down without the library.
Expected<bool> timescaledb_usable(Connection& connection) {
  KD_TRY(const auto rows,
         connection.query("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = "
                          "'timescaledb') AND EXISTS (SELECT FROM pg_settings WHERE name = "
                          "'timescaledb.disable_load')"));
  return rows.at(0).at(0) == "t";
}

Expected<StorageEngine> use_engine(Connection& admin, StorageEngine wanted) {
  KD_TRY(const auto engine, resolve(admin, wanted));
  if (auto done = convert(admin, engine); !done) {
    if (admin.usable()) static_cast<void>(admin.rollback());
    return tl::unexpected(done.error());
  }
  return engine;
}

}  // namespace kd
