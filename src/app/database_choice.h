#pragma once

#include <optional>
#include <string>

#include "base/expected.h"
#include "config/options.h"
#include "database/connection.h"

namespace CLI {
class App;
}

namespace kd {

// Which databases a person's command is about, as the command line says. A value.
struct DatabaseChoice {
  std::optional<std::string> config;  // a deduplicator's file: production and all gatherers
  std::optional<std::string> url;     // production alone
};

// Adds --config and --database. With neither, the platform that `kalshi-data up` runs in ./var.
void add_database_options(CLI::App& command, DatabaseChoice& choice);

// The chosen file; nothing with --database. Every error says what to give instead.
Expected<std::optional<DeduplicatorConfig>> chosen_config(const DatabaseChoice& choice);

// How to reach production, and a gatherer by its id.
Expected<ConnectOptions> production_target(const DatabaseChoice& choice,
                                           const std::string& application_name);
Expected<ConnectOptions> gatherer_target(const DatabaseChoice& choice,
                                         const std::string& gatherer_id,
                                         const std::string& application_name);

}  // namespace kd
