#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/up_options.h"
#include "base/expected.h"

namespace CLI {
class App;
}

namespace kd {

// The command line of `kalshi-data up` as it was written. A value.
struct UpArguments {
  UpOptions options;  // what needs no translation
  std::string duration;
  std::string replay;
  std::string directory = "var";
  std::string report;
  std::string engine = "native";
  int port = 0;
  bool keep = false;
  std::optional<int> gatherers;
  std::vector<std::string> gatherer_config;      // KEY=VALUE
  std::vector<std::string> simulator_arguments;  // as they are
  std::vector<std::string> faults;
  std::string exchange;  // demo, production; empty: the simulator
  std::string key_id, private_key, rest_url, ws_url, ca_file;
  std::vector<std::string> series;
};

// The command with its options, which are filled when `cli` parses. `arguments` must live as long.
CLI::App* add_up_command(CLI::App& cli, UpArguments& arguments);

// The error names the option and what is allowed.
Expected<UpOptions> to_options(const UpArguments& arguments);

}  // namespace kd
