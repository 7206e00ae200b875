#pragma once

#include <optional>
#include <string>

#include "database/migrations.h"

namespace kd {

// `kalshi-data migrate gatherer|production`: which database, and as whom. A value.
struct MigrateOptions {
  SchemaKind kind = SchemaKind::kGatherer;
  std::optional<std::string> config;  // a daemon's file: its database
  std::optional<std::string> url;     // or postgres://…
  std::optional<std::string> user;    // instead of the file's user: one that may create roles
  std::optional<std::string> engine;  // auto, timescaledb, native; absent: the file's, or auto
};

// Answers an ExitCode.
int run_migrate(const MigrateOptions& options);

}  // namespace kd
