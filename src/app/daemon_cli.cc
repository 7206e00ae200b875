#include "app/daemon_cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/exit_code.h"
#include "base/version.h"

namespace kd {

std::optional<DaemonCommand> parse_daemon_command(int argc, char** argv, const std::string& name,
                                                  const std::string& description, int& exit_code) {
  CLI::App app{description, name};
  DaemonCommand command;
  bool check = false;
  bool print = false;
  app.set_version_flag("--version", version_line(name));
  app.add_option("--config", command.config_file, "YAML configuration")->required();
  auto* check_flag = app.add_flag("--check-config", check,
                                  "check the configuration and the files it names, and exit");
  app.add_flag("--print-config", print, "print the effective configuration, secrets masked")
      ->excludes(check_flag);
  app.footer("\nExamples:\n  " + name + " --config /etc/kalshi-data/" + name + ".yaml\n  " + name +
             " --config " + name + ".yaml --check-config\n\n" +
             "Exit codes: 0 ok, 1 failure, 2 command line or configuration, 3 cannot start "
             "(port in use, database unreachable or not migrated, credentials refused)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e) == 0 ? kExitOk : kExitUsage;
    return std::nullopt;
  }
  if (check) command.action = DaemonCommand::Action::kCheckConfig;
  if (print) command.action = DaemonCommand::Action::kPrintConfig;
  return command;
}

void print_error(const std::string& program, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), what.c_str());
}

}  // namespace kd
