#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "sim/session.h"
#include "sim/sim_server.h"
#include "sim/synthetic_options.h"

namespace kd {

// The command line of exchange-sim.
struct SimOptions {
  std::string listen = "127.0.0.1:9700";
  std::string tls_dir;  // empty: plain
  sim::SimServer::Options server;
  sim::SessionLimits limits;

  std::string replay_dir;  // empty: synthetic
  double speed = 1;        // 0: as fast as the clients take it
  bool original_times = false;
  bool cut_stamps = false;

  sim::SyntheticOptions synthetic;
  std::chrono::milliseconds play_for{0};

  std::chrono::milliseconds historical_age{sim::ExchangeState::kTwoMonthsMs};

  std::string record_dir;
  std::string truth_file;
  int expect_clients = 0;
  std::chrono::milliseconds start_timeout{120'000};
  std::string log_level = "info";
};

// The options, or the exit code to end with at once (help, version, a mistake), after saying why.
std::variant<SimOptions, int> parse_sim_options(int argc, char** argv);

// "30s", "500ms", "2m", "1h"; a bare number is seconds. Nothing for other texts.
std::optional<std::chrono::milliseconds> parse_sim_duration(const std::string& text);

}  // namespace kd
