#include "app/gatherer_main.h"

#include <cstdio>

#include "app/daemon_cli.h"
#include "app/exit_code.h"
#include "app/gatherer_app.h"
#include "config/loader.h"
#include "model/universe.h"
#include "net/crypto.h"

namespace kd {
namespace {

constexpr const char* kName = "gatherer";
constexpr const char* kDescription =
    "Records every order-book change, trade, ticker and lifecycle event of all Kalshi markets "
    "into its own database.";

bool check_universe(const GathererConfig& config) {
  const auto& universe = config.universe;
  const auto rules = UniverseRules::parse(universe.include, universe.exclude, universe.combos);
  if (!rules) print_error(kName, "universe: " + rules.error().what);
  return rules.has_value();
}

int run(const GathererConfig& config) {
  StopSignals signals;  // before any thread starts
  auto sink = open_log(config.logging);
  if (!sink) {
    print_error(kName, sink.error().what);
    return kExitUsage;
  }
  GathererApp app(config, Logger(*std::move(sink), kName));
  if (auto started = app.start(); !started) {
    print_error(kName, started.error().what);
    return kExitCannotStart;
  }
  const auto problem = app.wait(signals);
  signals.release();  // a second signal ends the process at once
  const bool complete = app.stop();
  if (problem) {
    print_error(kName, problem->what);
    return kExitCannotStart;
  }
  return complete ? kExitOk : kExitFailure;
}

}  // namespace

int run_gatherer(int argc, char** argv) {
  int exit_code = kExitOk;
  const auto command = parse_daemon_command(argc, argv, kName, kDescription, exit_code);
  if (!command) return exit_code;
  const auto config = load_gatherer_config(command->config_file);
  if (!config) {
    print_error(kName, config.error().what);
    return kExitUsage;
  }
  switch (command->action) {
    case DaemonCommand::Action::kCheckConfig:
      if (!check_universe(*config)) return kExitUsage;
      if (const auto key = SigningKey::load_pem(config->api.private_key_file); !key) {
        print_error(kName, key.error().what);
        return kExitCannotStart;
      }
      std::puts("configuration ok");
      return kExitOk;
    case DaemonCommand::Action::kPrintConfig:
      std::fputs(print_config(*config).c_str(), stdout);
      return kExitOk;
    case DaemonCommand::Action::kRun:
      break;
  }
  if (!check_universe(*config)) return kExitUsage;
  return run(*config);
}

}  // namespace kd
