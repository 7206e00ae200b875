#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/database_choice.h"

namespace CLI {
class App;
}

namespace kd {

// `kalshi-data coverage`: how many lines watched a market, or all of them, and what none watched.
// A value.
struct CoverageOptions {
  DatabaseChoice database;
  std::string ticker;         // empty: all markets
  std::string from = "-24h";  // as parse_time() takes it
  std::string to = "now";
  bool json = false;
  bool all = false;  // every hole, not only the longest
};

// Answers an ExitCode.
int run_coverage(const CoverageOptions& options);

// Adds `coverage` to the command line. When it is chosen, `choose` is given what to run.
void add_coverage_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
