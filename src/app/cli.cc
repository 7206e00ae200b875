#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "app/backfill_command.h"
#include "app/book_command.h"
#include "app/coverage_command.h"
#include "app/doctor_command.h"
#include "app/exit_code.h"
#include "app/migrate_command.h"
#include "app/tape_cli.h"
#include "app/universe_command.h"
#include "app/up_arguments.h"
#include "app/up_command.h"
#include "app/verify_command.h"
#include "base/version.h"
#include "config/nearest.h"
#include "config/printer.h"

namespace kd {
namespace {

using Action = std::function<int()>;

constexpr const char* kFooter = R"(Examples:
  kalshi-data up --for 30s --rate 5000
  kalshi-data migrate gatherer --config /etc/kalshi-data/gatherer.yaml
  kalshi-data config gatherer > gatherer.yaml
'kalshi-data COMMAND --help' tells more of each.

Exit codes: 0 ok, 1 failure, 2 command line or configuration, 3 cannot start,
4 up, verify, backfill: something is missing or wrong, 130 up: stopped before its audit)";

constexpr const char* kMigrateFooter = R"(Examples:
  kalshi-data migrate gatherer --config /etc/kalshi-data/gatherer.yaml --user postgres
  kalshi-data migrate production --url postgres://admin@prod-host:5432/kalshi_prod
  kalshi-data migrate production --engine native --config /etc/kalshi-data/deduplicator.yaml

Exit codes: 0 up to date; 2 command line or configuration; 3 the database is out of reach, holds
another schema, or refuses a migration)";

constexpr const char* kConfigFooter = R"(Examples:
  kalshi-data config gatherer > gatherer.yaml
  kalshi-data config reference

Exit codes: 0 ok, 2 command line)";

// CLI11 fills its variables while it parses; the action runs afterwards.
struct Choice {
  Action action;
};

std::filesystem::path program_directory() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

void add_up(CLI::App& cli, UpArguments& arguments, Choice& choice) {
  add_up_command(cli, arguments)->callback([&arguments, &choice] {
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
  migrate->footer(kMigrateFooter);
  const auto add = [&](const char* name, SchemaKind kind, const char* help) {
    auto* command = migrate->add_subcommand(name, help);
    command->footer(kMigrateFooter);
    auto* where = command->add_option_group("database");
    where->add_option("--config", options.config, "A daemon's file: its database");
    where->add_option("--url", options.url, "postgres://user@host:port/name");
    where->require_option(1);
    command->add_option("--user", options.user,
                        "With --config: a role that may create roles (password: PGPASSWORD)");
    command
        ->add_option("--engine", options.engine,
                     "What keeps the partitions: auto, timescaledb, native (the file's; auto)")
        ->check(CLI::IsMember({"auto", "timescaledb", "native"}));
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
  config->footer(kConfigFooter);
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

// What could follow the command instead of an argument that it does not know.
std::set<std::string> known_words(const CLI::App& command, bool options) {
  std::set<std::string> words;
  if (options) {
    for (const auto* option : command.get_options()) {
      for (const auto& name : option->get_lnames()) words.insert("--" + name);
    }
    // Options of a group belong to an unnamed command below.
    for (const auto* below : command.get_subcommands({})) {
      if (below->get_name().empty()) words.merge(known_words(*below, true));
    }
    return words;
  }
  for (const auto* below : command.get_subcommands({})) {
    if (!below->get_name().empty()) words.insert(below->get_name());
  }
  return words;
}

std::string unknown_argument(const CLI::App& command, const std::string& argument) {
  const bool option = argument.starts_with('-');
  const auto word = option ? argument.substr(0, argument.find('=')) : argument;
  const auto words = known_words(command, option);
  const auto nearest = nearest_of(word, words);
  std::string what = option          ? "unknown option '"
                     : words.empty() ? "unknown argument '"
                                     : "unknown command '";
  what += word + "'";
  if (!nearest.empty()) return what + "; did you mean '" + nearest + "'?";
  if (option || words.empty()) return what;
  std::string expected;
  for (const auto& known : words) expected += (expected.empty() ? "" : ", ") + known;
  return what + "; expected one of: " + expected;
}

// One line that says what is wrong with which command, and one that says where to read more.
int refuse(const CLI::App& cli, const CLI::ParseError& problem) {
  const CLI::App* command = &cli;
  std::string name = cli.get_name();
  for (auto chosen = command->get_subcommands(); !chosen.empty();
       chosen = command->get_subcommands()) {
    command = chosen.front();
    if (command->get_name().empty()) break;
    name += " " + command->get_name();
  }
  const auto rest = cli.remaining(true);
  const std::string what = rest.empty() ? problem.what() : unknown_argument(*command, rest.front());
  fmt::print(stderr, "{}: {}\nrun '{} --help' for what it takes\n", name, what, name);
  return kExitUsage;
}

}  // namespace

int run_kalshi_data(int argc, char** argv) {
  CLI::App cli("Records, keeps and gives back all of Kalshi's market data.", "kalshi-data");
  UpArguments up;
  MigrateOptions migrate;
  Choice choice;
  cli.require_subcommand(1);
  cli.footer(kFooter);
  add_up(cli, up, choice);
  add_migrate(cli, migrate, choice);
  add_universe_commands(cli,
                        [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_backfill_commands(cli,
                        [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_doctor_command(cli, [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_book_commands(cli, [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_verify_commands(cli, [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_coverage_commands(cli,
                        [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_tape_commands(cli, [&choice](std::function<int()> run) { choice.action = std::move(run); });
  add_config(cli, choice);
  add_version(cli, choice);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0) return refuse(cli, problem);
    cli.exit(problem);
    return kExitOk;
  }
  return choice.action();
}

}  // namespace kd
