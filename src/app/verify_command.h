#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/database_choice.h"

namespace CLI {
class App;
}

namespace kd {

// What `kalshi-data verify` was asked for. A value.
struct VerifyOptions {
  DatabaseChoice databases;
  std::string from = "-1d";
  std::string to = "now";
  std::optional<std::string> ticker;
  bool json = false;
};

// Prints what was compared and found; the exit code.
int run_verify(const VerifyOptions& options);

void add_verify_commands(CLI::App& cli, const std::function<void(std::function<int()>)>& choose);

}  // namespace kd
