#pragma once

#include <cstdint>
#include <string_view>

#include "base/expected.h"
#include "database/connection.h"

namespace kd {

// What keeps the partitions of the growing tables. A database keeps the engine it was made with.
enum class StorageEngine : std::uint8_t {
  kAuto,         // timescaledb where the server can run it, else native
  kNative,       // range partitions of plain PostgreSQL
  kTimescaleDb,  // hypertables, whose old chunks are compressed
};

// "auto", "native", "timescaledb".
std::string_view name_of(StorageEngine engine);
Expected<StorageEngine> storage_engine_named(std::string_view name);

// The engine of a migrated database: never kAuto.
Expected<StorageEngine> storage_engine(Connection& connection);

// Remedy kGiveUp unless the database is kept by `wanted`, as a configuration names it; "auto" is
// content with both. Also when TimescaleDB's library was taken out of the server's preload list.
Expected<void> require_engine(Connection& connection, std::string_view wanted);

// Whether the server has TimescaleDB installed and preloaded.
Expected<bool> timescaledb_usable(Connection& connection);

// Lets `wanted` keep the partitioned tables of a database whose schema is up to date, converting
// those that are kept otherwise. An error when one of these holds rows, or the server lacks
// TimescaleDB. kAuto keeps what the database has. The engine.
Expected<StorageEngine> use_engine(Connection& admin, StorageEngine wanted);

}  // namespace kd
