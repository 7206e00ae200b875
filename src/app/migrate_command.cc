#include "app/migrate_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/connect_options.h"
#include "app/exit_code.h"
#include "config/loader.h"
#include "database/storage_engine.h"

namespace kd {
namespace {

constexpr const char* kName = "kalshi-data migrate";

Expected<DatabaseConfig> configured_database(const MigrateOptions& options) {
  if (options.kind == SchemaKind::kGatherer) {
    KD_TRY(const auto config, load_gatherer_config(*options.config));
    return config.database;
  }
  KD_TRY(const auto config, load_deduplicator_config(*options.config));
  return config.production;
}

Expected<ConnectOptions> target_of(const MigrateOptions& options) {
  if (options.url) {
    ConnectOptions target;
    target.url = *options.url;
    target.application_name = kName;
    return target;
  }
  KD_TRY(auto database, configured_database(options));
  if (options.user && !database.url.empty()) {
    return fail(Remedy::kGiveUp, "--user cannot change a database.url; give --url instead");
  }
  if (options.user) {
    database.user = *options.user;
    database.password.clear();  // that of another role; libpq takes PGPASSWORD or ~/.pgpass
  }
  return connect_options(database, kName);
}

Expected<StorageEngine> wanted_engine(const MigrateOptions& options) {
  if (options.engine) return storage_engine_named(*options.engine);
  if (!options.config) return StorageEngine::kAuto;
  KD_TRY(const auto database, configured_database(options));
  return storage_engine_named(database.engine);
}

int complain(const Error& error, int code) {
  std::fprintf(stderr, "%s: %s\n", kName, error.what.c_str());
  return code;
}

void report(const Connection& connection, const std::vector<int>& applied, StorageEngine engine) {
  if (applied.empty()) {
    fmt::print("{}: up to date; storage engine {}\n", connection.target(), name_of(engine));
    return;
  }
  fmt::print("{}: applied {} migrations, now at version {}; storage engine {}\n",
             connection.target(), applied.size(), applied.back(), name_of(engine));
}

}  // namespace

int run_migrate(const MigrateOptions& options) {
  const auto target = target_of(options);
  if (!target) return complain(target.error(), kExitUsage);
  const auto wanted = wanted_engine(options);
  if (!wanted) return complain(wanted.error(), kExitUsage);
  const auto connection = Connection::connect(*target);
  if (!connection) return complain(connection.error(), kExitCannotStart);
  const auto applied = migrate(**connection, options.kind, *wanted);
  if (!applied) return complain(applied.error(), kExitCannotStart);
  const auto engine = storage_engine(**connection);
  if (!engine) return complain(engine.error(), kExitCannotStart);
  report(**connection, *applied, *engine);
  return kExitOk;
}

}  // namespace kd
