#include "app/up_options.h"

#include <charconv>
#include <cmath>

namespace kd {
namespace {

constexpr int kMostGatherers = 16;
constexpr int kLeastConnections = 4;
constexpr int kMostConnections = 200;
constexpr int kGlobalChannels = 3;  // ticker, trade, lifecycle
constexpr int kLeastForPairs = 12;

tl::unexpected<Error> refuse(const std::string& what) { return fail(Remedy::kGiveUp, what); }

bool is_positive_number(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, value);
  return problem == std::errc() && stopped == end && std::isfinite(value) && value > 0;
}

Expected<void> check_replay(const UpOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(*options.replay, ignored)) {
    return refuse("--replay: '" + options.replay->string() +
                  "' is not a directory; expected a folder of recordings");
  }
  if (options.duration) {
    return refuse("--for cannot be combined with --replay: a replay ends with its recordings");
  }
  if (options.speed != "max" && !is_positive_number(options.speed)) {
    return refuse("--speed: '" + options.speed + "' is not a number above 0 or max");
  }
  if (options.stamps != "ms" && options.stamps != "us") {
    return refuse("--stamps: '" + options.stamps + "' is not ms or us");
  }
  return {};
}

Expected<void> check_exchange(const UpOptions& options) {
  const auto& exchange = *options.exchange;
  if (exchange.key_id.empty() || exchange.private_key_file.empty()) {
    return refuse("--exchange " + exchange.name +
                  " needs --key-id and --private-key: the key that the exchange gave you, and the "
                  "file with its private half");
  }
  if (exchange.series.empty()) return refuse("--series must name at least one series");
  if (options.replay || !options.simulator_arguments.empty()) {
    return refuse(
        "--replay, --sim-arg and --fault are the simulator's: they do not go with "
        "--exchange " +
        exchange.name);
  }
  return {};
}

}  // namespace

Expected<void> check_up_options(const UpOptions& options) {
  if (options.gatherers < 1 || options.gatherers > kMostGatherers) {
    return refuse("--gatherers must be 1 to 16");
  }
  if (options.connections < kLeastConnections || options.connections > kMostConnections) {
    return refuse("--connections must be 4 to 200: tickers, trades, lifecycle and order books");
  }
  if (options.markets < 1 || options.markets > 1'000'000) {
    return refuse("--markets must be 1 to 1000000");
  }
  if (!(options.rate > 0 && options.rate <= 1'000'000)) {
    return refuse("--rate must be above 0 and at most 1000000 messages a second");
  }
  if (options.markets_per_sid < 1) return refuse("--markets-per-sid must be 1 or more");
  if (options.exchange) return check_exchange(options);
  if (options.replay) return check_replay(options);
  return {};
}

Expected<void> check_recording(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code problem;
  for (fs::directory_iterator file(folder, problem), end; file != end && !problem;
       file.increment(problem)) {
    if (file->path().extension() == ".kdtape") return {};
  }
  const fs::path events = folder / "events";
  if (fs::is_directory(events, problem)) {
    for (fs::recursive_directory_iterator file(events, problem), end; file != end && !problem;
         file.increment(problem)) {
      if (file->path().string().ends_with(".ndjson.gz")) return {};
    }
  }
  return refuse("--replay: " + folder.string() +
                " is no recording: it holds no events/<market>/<date>.ndjson.gz and no "
                "<gatherer>-….kdtape; name the folder that holds events/ and metadata/, or a tape");
}

Expected<std::pair<std::string, std::string>> parse_override(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return refuse("--gatherer-config: '" + text +
                  "' is not KEY=VALUE, such as connections.dial_rate=50");
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

SocketShares share_sockets(int connections) {
  const int each = connections >= kLeastForPairs ? 2 : 1;
  return {.ticker = each,
          .trade = each,
          .lifecycle = each,
          .orderbook = connections - each * kGlobalChannels};
}

}  // namespace kd
