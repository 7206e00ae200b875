#pragma once

#include <optional>
#include <string>

namespace kd {

// The command line that all daemons share: --config F, --check-config, --print-config,
// --version, --help.
struct DaemonCommand {
  enum class Action { kRun, kCheckConfig, kPrintConfig };
  Action action = Action::kRun;
  std::string config_file;
};

// nullopt: all is said and done (help, version, a wrong command line); `exit_code` says how.
std::optional<DaemonCommand> parse_daemon_command(int argc, char** argv, const std::string& name,
                                                  const std::string& description, int& exit_code);

// One line on standard error, "gatherer: what is wrong".
void print_error(const std::string& program, const std::string& what);

}  // namespace kd
