#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "database/connection.h"
#include "database/storage_engine.h"

namespace kd {

enum class SchemaKind : std::uint8_t { kGatherer, kProduction };

struct Migration {
  int version;  // from 1, without holes
  std::string_view name;
  std::string_view sql;
  std::string_view checksum;  // SHA-256 of the file, hex
};

// The files of migrations/<kind>/, in order, as they were when this program was built.
std::span<const Migration> migrations_of(SchemaKind kind);

struct AppliedMigration {
  int version;
  std::string name;
  std::string checksum;
};

// Which of `known` still have to run. Pure. An error when what was applied is not a prefix of
// what is known: an edited file, or a database newer than this program.
Expected<std::span<const Migration>> pending_migrations(std::span<const Migration> known,
                                                        std::span<const AppliedMigration> applied);

// Brings the database up to date; each migration in one transaction. May be run again and by
// several at once. Needs a session that may create roles (a superuser, or on a managed service
// its administrator). Afterwards `engine` keeps the partitioned tables. The versions that were
// applied now.
Expected<std::vector<int>> migrate(Connection& admin, SchemaKind kind,
                                   StorageEngine engine = StorageEngine::kAuto);
// The same for a list of one's own (tests).
Expected<std::vector<int>> apply_migrations(Connection& admin, SchemaKind kind,
                                            std::span<const Migration> known);

// Remedy kGiveUp, with the command to run, unless the database has exactly the schema this
// program was built for.
Expected<void> require_schema(Connection& connection, SchemaKind kind);

}  // namespace kd
