#include "app/database_choice.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/connect_options.h"
#include "config/loader.h"

namespace kd {
namespace {

// Where `kalshi-data up` writes it unless told otherwise.
constexpr const char* kConfigOfUp = "var/config/deduplicator.yaml";

}  // namespace

void add_database_options(CLI::App& command, DatabaseChoice& choice) {
  auto* config = command.add_option("--config", choice.config,
                                    "A deduplicator's file: its production and gatherers");
  command
      .add_option("--database", choice.url,
                  "Production as postgres://user@host:port/name; with neither: the running "
                  "'kalshi-data up' of this directory")
      ->excludes(config);
}

Expected<std::optional<DeduplicatorConfig>> chosen_config(const DatabaseChoice& choice) {
  if (choice.url) return std::nullopt;
  if (!choice.config && !std::filesystem::exists(kConfigOfUp)) {
    return fail(Remedy::kGiveUp,
                std::string("which database? Give --config FILE (a deduplicator's), --database "
                            "URL, or run where 'kalshi-data up' has its ") +
                    kConfigOfUp);
  }
  KD_TRY(auto config, load_deduplicator_config(choice.config.value_or(kConfigOfUp)));
  return std::optional(std::move(config));
}

Expected<ConnectOptions> production_target(const DatabaseChoice& choice,
                                           const std::string& application_name) {
  KD_TRY(const auto config, chosen_config(choice));
  if (config) return connect_options(config->production, application_name);
  ConnectOptions target;
  target.url = *choice.url;
  target.application_name = application_name;
  return target;
}

Expected<ConnectOptions> gatherer_target(const DatabaseChoice& choice,
                                         const std::string& gatherer_id,
                                         const std::string& application_name) {
  KD_TRY(const auto config, chosen_config(choice));
  if (!config) {
    return fail(Remedy::kGiveUp, "a gatherer's database is found by --config, not by --database");
  }
  std::string known;
  for (const auto& gatherer : config->gatherers) {
    if (gatherer.id == gatherer_id) return connect_options(gatherer.database, application_name);
    known += (known.empty() ? "" : ", ") + gatherer.id;
  }
  return fail(Remedy::kGiveUp,
              "there is no gatherer '" + gatherer_id + "' in the file; it names " + known);
}

}  // namespace kd
