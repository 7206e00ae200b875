#pragma once

#include <functional>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace kd {

// `kalshi-data doctor`: what is wrong with the databases of a configuration. A value.
struct DoctorOptions {
  std::optional<std::string> config;  // a gatherer's file, or a deduplicator's: all its databases
  std::optional<std::string> url;     // one database: postgres://…
  bool json = false;
};

// Answers an ExitCode: kExitFailure when something fails, kExitCannotStart when a database is out
// of reach.
int run_doctor(const DoctorOptions& options);

// When it is chosen, `choose` is given what to run.
void add_doctor_command(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
