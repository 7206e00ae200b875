#include "app/up_arguments.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "config/units.h"

namespace kd {
namespace {

constexpr const char* kUpFooter = R"(Examples:
  kalshi-data up                                      until Ctrl-C; once more goes on
  kalshi-data up --for 30s --rate 5000                30 seconds, then an audit of every row
  kalshi-data up --replay DIR --speed max --report report.json
  kalshi-data up --markets 1000000 --connections 150 --gatherers 1 --report report.json
  kalshi-data up --exchange demo --key-id ID --private-key FILE --series KXBTC15M

Exit codes: 0 ok: nothing missing, nothing doubled, or an 'up' without an audit was stopped;
1 failure; 2 command line; 3 cannot start (port in use, database, recording, key refused);
4 a row is missing or doubled; 130 stopped by a signal before the audit of --for or --replay)";

constexpr const char* kScaleGroup = "Scale and experiments";
constexpr const char* kExchangeGroup = "A real exchange instead of the simulator";

void add_world_options(CLI::App& up, UpArguments& arguments) {
  auto& options = arguments.options;
  up.add_option("--for", arguments.duration,
                "Run for so long (30s, 5m, 1h), then audit and end; without: until Ctrl-C");
  auto* replay = up.add_option(
      "--replay", arguments.replay,
      "Play this folder of recordings (with events/) or this tape, then audit; begins with empty "
      "databases unless --keep is given");
  up.add_option("--speed", options.speed, "Of a replay: times life (above 0), or max")
      ->capture_default_str()
      ->needs(replay);
  up.add_option("--stamps", options.stamps, "Of a replay: ms (as the exchange today) or us")
      ->capture_default_str()
      ->needs(replay);
  auto* markets =
      up.add_option("--markets", options.markets, "Markets of the synthetic world, 1 to 1000000")
          ->capture_default_str();
  auto* rate = up.add_option("--rate", options.rate,
                             "Messages a second of the synthetic world, above 0 to 1000000")
                   ->capture_default_str();
  for (auto* synthetic : {up.get_option("--for"), markets, rate}) synthetic->excludes(replay);
}

void add_scale_options(CLI::App& up, UpArguments& arguments) {
  auto& options = arguments.options;
  up.add_option("--gatherers", arguments.gatherers,
                "How many gatherers, 1 to 16; default 3, of a real exchange 1");
  up.add_option("--connections", options.connections,
                "Sockets of each gatherer, 4 to 200; from 12 on two for each global channel")
      ->capture_default_str();
  up.add_option("--markets-per-sid", options.markets_per_sid,
                "Markets of one subscription: what the simulator allows and gatherers use")
      ->capture_default_str()
      ->group(kScaleGroup);
  up.add_option("--gatherer-config", arguments.gatherer_config,
                "KEY=VALUE for every gatherer's configuration, such as "
                "connections.dial_rate=50; may be repeated")
      ->group(kScaleGroup);
  up.add_option("--sim-arg", arguments.simulator_arguments,
                "A further argument of exchange-sim, such as --sim-arg=--churn=0; may be repeated")
      ->group(kScaleGroup);
  up.add_option("--fault", arguments.faults,
                "A fault of exchange-sim (see its --help); may be repeated")
      ->group(kScaleGroup);
}

void add_exchange_options(CLI::App& up, UpArguments& arguments) {
  auto* exchange = up.add_option("--exchange", arguments.exchange,
                                 "demo or production: record real markets, without an audit")
                       ->check(CLI::IsMember({"demo", "production"}))
                       ->group(kExchangeGroup);
  const auto add = [&](const char* name, auto& into, const char* help) {
    return up.add_option(name, into, help)->needs(exchange)->group(kExchangeGroup);
  };
  add("--key-id", arguments.key_id, "The id of the API key");
  add("--private-key", arguments.private_key,
      "The file with its private half (PEM; RSA or Ed25519), readable by you alone");
  add("--series", arguments.series,
      "Series to record, between commas; default KXBTC15M,KXHIGHNY,KXCPIYOY")
      ->delimiter(',');
  add("--rest-url", arguments.rest_url, "Another REST address, with /trade-api/v2");
  add("--ws-url", arguments.ws_url, "Another WebSocket address, with /trade-api/ws/v2");
  add("--ca-file", arguments.ca_file, "A further trusted certificate authority (PEM)");
  for (const char* simulated : {"--replay", "--markets", "--rate", "--sim-arg", "--fault"}) {
    exchange->excludes(up.get_option(simulated));
  }
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

RealExchange to_exchange(const UpArguments& arguments) {
  RealExchange exchange = real_exchange(arguments.exchange).value_or(RealExchange{});
  if (!arguments.rest_url.empty()) exchange.rest_url = arguments.rest_url;
  if (!arguments.ws_url.empty()) exchange.ws_url = arguments.ws_url;
  if (!arguments.series.empty()) exchange.series = arguments.series;
  exchange.ca_file = absolute(arguments.ca_file);
  exchange.key_id = arguments.key_id;
  exchange.private_key_file = absolute(arguments.private_key);
  return exchange;
}

}  // namespace

CLI::App* add_up_command(CLI::App& cli, UpArguments& arguments) {
  auto* up = cli.add_subcommand("up", "Run the whole platform on this machine");
  auto& options = arguments.options;
  up->footer(kUpFooter);
  add_world_options(*up, arguments);
  add_scale_options(*up, arguments);
  up->add_option("--report", arguments.report,
                 "Write the report as JSON to this file: the audit of --for or --replay, or what "
                 "the run took; without an end once everything is subscribed");
  up->add_option("--dir", arguments.directory, "Where everything is kept")->capture_default_str();
  up->add_option("--engine", arguments.engine,
                 "Storage engine of new databases: native, or timescaledb where it is installed")
      ->check(CLI::IsMember({"native", "timescaledb"}))
      ->capture_default_str();
  up->add_option("--port", arguments.port,
                 "First of the ports used, one a process; without: free ones")
      ->check(CLI::Range(1, 65'000));
  auto* fresh = up->add_flag("--fresh", options.fresh, "Begin with empty databases");
  up->add_flag("--keep", arguments.keep,
               "Go on with the databases that are there: the default without --replay")
      ->excludes(fresh);
  add_exchange_options(*up, arguments);
  return up;
}

Expected<UpOptions> to_options(const UpArguments& arguments) {
  UpOptions options = arguments.options;
  if (!arguments.duration.empty()) {
    const auto duration = parse_duration(arguments.duration);
    if (!duration || duration->count() == 0) {
      return fail(Remedy::kGiveUp, "--for: '" + arguments.duration +
                                       "' is not a time above 0 such as 30s, 5m or 1h");
    }
    options.duration = *duration;
  }
  if (!arguments.replay.empty()) options.replay = arguments.replay;
  if (!arguments.report.empty()) options.report = arguments.report;
  KD_TRY(options.engine, storage_engine_named(arguments.engine));
  options.keep = arguments.keep;
  if (arguments.port != 0) options.port = static_cast<std::uint16_t>(arguments.port);
  options.directory = arguments.directory;
  if (!arguments.exchange.empty()) options.exchange = to_exchange(arguments);
  options.gatherers = arguments.gatherers.value_or(options.exchange ? 1 : options.gatherers);
  for (const auto& text : arguments.gatherer_config) {
    KD_TRY(auto pair, parse_override(text));
    options.gatherer_config[pair.first] = std::move(pair.second);
  }
  options.simulator_arguments = arguments.simulator_arguments;
  for (const auto& fault : arguments.faults) {
    options.simulator_arguments.insert(options.simulator_arguments.end(), {"--fault", fault});
  }
  return options;
}

}  // namespace kd
