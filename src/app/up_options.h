#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/real_exchange.h"
#include "base/expected.h"
#include "database/storage_engine.h"

namespace kd {

// What `kalshi-data up` was asked for. A value.
struct UpOptions {
  std::optional<std::chrono::milliseconds> duration;  // --for; absent: until Ctrl-C
  std::optional<std::filesystem::path> replay;        // a folder of recordings, or a tape
  std::string speed = "1";                            // replay: times life, or "max"
  std::string stamps = "ms";  // replay: resolution of the exchange's stamps, ms or us
  int markets = 200;          // synthetic world
  double rate = 1'000;        // synthetic world: messages a second
  int gatherers = 3;
  int connections = 8;  // sockets of one gatherer
  std::filesystem::path directory = "var";
  std::optional<std::filesystem::path> report;  // JSON
  bool fresh = false;                           // wipe `directory` first
  bool keep = false;                            // go on in it even for a replay
  std::optional<std::uint16_t> port;            // first of consecutive ports; absent: any free ones
  std::optional<RealExchange> exchange;         // absent: the simulator
  StorageEngine engine = StorageEngine::kNative;       // of databases that are made now
  int markets_per_sid = 7'500;                         // as the simulator allows and gatherers use
  std::vector<std::string> simulator_arguments;        // further ones, as they are
  std::map<std::string, std::string> gatherer_config;  // further keys, or other values; YAML

  // A replay has the same rows every time, which an audit cannot tell from an earlier one's.
  bool begins_empty() const { return fresh || (replay.has_value() && !keep); }
  bool ends_by_itself() const { return duration.has_value() || replay.has_value(); }
  // With an end of its own a run is audited against the simulator's truth.
  bool is_audited() const { return ends_by_itself() && !exchange; }
};

// The error names the option and what is allowed.
Expected<void> check_up_options(const UpOptions& options);

// An error unless the folder is one that the simulator can play, as far as a look at its names
// tells: events/<market>/<date>.ndjson.gz, or a gatherer's tape.
Expected<void> check_recording(const std::filesystem::path& folder);

// "key=value" of --gatherer-config.
Expected<std::pair<std::string, std::string>> parse_override(const std::string& text);

// How the sockets of one gatherer are divided. A value.
struct SocketShares {
  int ticker = 1;
  int trade = 1;
  int lifecycle = 1;
  int orderbook = 1;
};
// Two for each channel of all markets, which one loses nothing to lose, the others for order books;
// of less than twelve one for each. connections >= 4.
SocketShares share_sockets(int connections);

}  // namespace kd
