#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kd {

// `kalshi-data universe preview`: what the rules select, and what recording it costs. A value.
struct UniverseOptions {
  std::optional<std::string> config;    // a gatherer's file: its exchange, key, rules and limits
  std::optional<std::string> rest_url;  // without a file; asked without credentials
  std::vector<std::string> include;     // instead of the file's
  std::vector<std::string> exclude;
  std::vector<std::string> combos;
  bool json = false;
  std::size_t most_series = 20;  // shown as text
};

// Walks the exchange's list of markets; answers an ExitCode.
int run_universe_preview(const UniverseOptions& options);

// Adds `universe preview` to the command line. When it is chosen, `choose` is given what to run.
void add_universe_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
