#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "app/exit_code.h"
#include "app/migrate_command.h"
#include "app/up_command.h"
#include "base/version.h"
#include "config/printer.h"
#include "config/units.h"

namespace kd {
namespace {

using Action = std::function<int()>;

// CLI11 fills its variables while it parses; the action runs afterwards.
struct Choice {
  Action action;
};

std::filesystem::path program_directory() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

struct UpArguments {
  UpOptions options;
  std::string duration;
  std::string replay;
  std::string directory = "var";
  std::string report;
  int port = 0;
  bool keep = false;
};

Expected<UpOptions> to_options(const UpArguments& arguments) {
  UpOptions options = arguments.options;
  if (!arguments.duration.empty()) {
    const auto duration = parse_duration(arguments.duration);
    if (!duration || duration->count() == 0) {
      return fail(Remedy::kGiveUp, "--for: '" + arguments.duration +
                                       "' is not a time above 0 such as 30s, 5m or 1h");
    }
    options.duration = *duration;
  }
  if (!arguments.replay.empty()) options.replay = arguments.replay;
  if (!arguments.report.empty()) options.report = arguments.report;
  if (arguments.port != 0) options.port = static_cast<std::uint16_t>(arguments.port);
  options.directory = arguments.directory;
  return options;
}

void add_world_options(CLI::App& up, UpArguments& arguments) {
  auto& options = arguments.options;
  auto* duration =
      up.add_option("--for", arguments.duration, "Emit for so long (30s, 5m), then audit and end");
  auto* replay =
      up.add_option("--replay", arguments.replay, "Play this folder of recordings, then audit");
  up.add_option("--speed", options.speed, "Of a replay: times life, or max")->needs(replay);
  up.add_option("--stamps", options.stamps, "Of a replay: ms (as the exchange today) or us")
      ->needs(replay);
  auto* markets = up.add_option("--markets", options.markets, "Markets of the synthetic world");
  auto* rate = up.add_option("--rate", options.rate, "Messages a second of the synthetic world");
  for (auto* synthetic : {duration, markets, rate}) synthetic->excludes(replay);
}

void add_up(CLI::App& cli, UpArguments& arguments, Choice& choice) {
  auto* up = cli.add_subcommand("up", "Run the whole platform on this machine");
  auto& options = arguments.options;
  add_world_options(*up, arguments);
  up->add_option("--gatherers", options.gatherers, "How many gatherers")->capture_default_str();
  up->add_option("--connections", options.connections, "Sockets of each gatherer")
      ->capture_default_str();
  up->add_option("--report", arguments.report, "Write the audit as JSON to this file");
  up->add_option("--dir", arguments.directory, "Where everything is kept")->capture_default_str();
  up->add_option("--port", arguments.port, "First of the ports used; free ones otherwise")
      ->check(CLI::Range(1, 65'000));
  auto* fresh = up->add_flag("--fresh", options.fresh, "Begin with empty databases");
  up->add_flag("--keep", arguments.keep, "Go on with the databases that are there (the default)")
      ->excludes(fresh);
  up->callback([&arguments, &choice] {
    choice.action = [&arguments] {
      const auto checked = to_options(arguments);
      if (checked) return run_up(*checked, program_directory());
      fmt::print(stderr, "kalshi-data up: {}\n", checked.error().what);
      return static_cast<int>(kExitUsage);
    };
  });
}

void add_migrate(CLI::App& cli, MigrateOptions& options, Choice& choice) {
  auto* migrate = cli.add_subcommand("migrate", "Bring a database's schema up to date");
  migrate->require_subcommand(1);
  const auto add = [&](const char* name, SchemaKind kind, const char* help) {
    auto* command = migrate->add_subcommand(name, help);
    auto* where = command->add_option_group("database");
    where->add_option("--config", options.config, "A daemon's file: its database");
    where->add_option("--url", options.url, "postgres://user@host:port/name");
    where->require_option(1);
    command->add_option("--user", options.user,
                        "With --config: a role that may create roles (password: PGPASSWORD)");
    command->callback([&options, &choice, kind] {
      options.kind = kind;
      choice.action = [&options] { return run_migrate(options); };
    });
  };
  add("gatherer", SchemaKind::kGatherer, "A gatherer's own database");
  add("production", SchemaKind::kProduction, "The production database");
}

void add_config(CLI::App& cli, Choice& choice) {
  auto* config = cli.add_subcommand("config", "Print what configuration files may contain");
  config->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, std::string (*text)()) {
    config->add_subcommand(name, help)->callback([&choice, text] {
      choice.action = [text] {
        fmt::print("{}", text());
        return static_cast<int>(kExitOk);
      };
    });
  };
  add("gatherer", "Every key of the gatherer with its default", gatherer_example);
  add("deduplicator", "Every key of the deduplicator with its default", deduplicator_example);
  add("reference", "Every key as Markdown", config_reference);
}

void add_version(CLI::App& cli, Choice& choice) {
  cli.set_version_flag("--version", version_line("kalshi-data"));
  cli.add_subcommand("version", "Print version, commit and build time")->callback([&choice] {
    choice.action = [] {
      fmt::print("{}\n", version_line("kalshi-data"));
      return static_cast<int>(kExitOk);
    };
  });
}

}  // namespace

int run_kalshi_data(int argc, char** argv) {
  CLI::App cli("Records, keeps and gives back all of Kalshi's market data.", "kalshi-data");
  UpArguments up;
  MigrateOptions migrate;
  Choice choice;
  cli.require_subcommand(1);
  add_up(cli, up, choice);
  add_migrate(cli, migrate, choice);
  add_config(cli, choice);
  add_version(cli, choice);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return cli.exit(problem) == 0 ? kExitOk : kExitUsage;
  }
  return choice.action();
}

}  // namespace kd
