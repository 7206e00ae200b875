#include "app/deduplicator_main.h"

#include <cstdio>

#include "app/daemon_cli.h"
#include "app/deduplicator_app.h"
#include "app/exit_code.h"
#include "config/loader.h"

namespace kd {
namespace {

constexpr const char* kName = "deduplicator";
constexpr const char* kDescription =
    "Merges the databases of any number of gatherers into one production database.";

int run(const DeduplicatorConfig& config) {
  StopSignals signals;  // before any thread starts
  auto sink = open_log(config.logging);
  if (!sink) {
    print_error(kName, sink.error().what);
    return kExitUsage;
  }
  DeduplicatorApp app(config, Logger(*std::move(sink), kName));
  if (auto started = app.start(signals); !started) {
    print_error(kName, started.error().what);
    return kExitCannotStart;
  }
  app.wait(signals);
  signals.release();  // a second signal ends the process at once
  app.stop();
  return kExitOk;
}

}  // namespace

int run_deduplicator(int argc, char** argv) {
  int exit_code = kExitOk;
  const auto command = parse_daemon_command(argc, argv, kName, kDescription, exit_code);
  if (!command) return exit_code;
  const auto config = load_deduplicator_config(command->config_file);
  if (!config) {
    print_error(kName, config.error().what);
    return kExitUsage;
  }
  switch (command->action) {
    case DaemonCommand::Action::kCheckConfig:
      std::puts("configuration ok");
      return kExitOk;
    case DaemonCommand::Action::kPrintConfig:
      std::fputs(print_config(*config).c_str(), stdout);
      return kExitOk;
    case DaemonCommand::Action::kRun:
      break;
  }
  return run(*config);
}

}  // namespace kd
