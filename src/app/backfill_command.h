#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/database_choice.h"

namespace CLI {
class App;
}

namespace kd {

// `kalshi-data backfill trades`: trades that are missing, from the exchange. A value.
struct BackfillOptions {
  DatabaseChoice database;
  std::string from;
  std::string to = "now";
  std::string ticker;                // empty: all markets
  std::vector<std::string> include;  // patterns, of these
  std::vector<std::string> exclude;
  std::optional<std::string> rest_url;  // instead of the file's
  bool again = false;
};

// Answers an ExitCode.
int run_backfill_trades(const BackfillOptions& options);

// Adds `backfill trades` to the command line. When it is chosen, `choose` is given what to run.
void add_backfill_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
