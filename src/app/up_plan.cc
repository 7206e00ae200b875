#include "app/up_plan.h"

#include <fmt/format.h>

#include "app/config_text.h"
#include "config/units.h"

namespace kd {
namespace {

// The clients subscribe about so many markets a second on two cores.
constexpr int kSlowestSubscribing = 500;

void set_rest(ConfigText& config, const RealExchange& exchange) {
  config.set("api.rest_url", yaml_quoted(exchange.rest_url));
  config.set("api.key_id", yaml_quoted(exchange.key_id));
  config.set("api.private_key_file", yaml_quoted(exchange.private_key_file));
  if (!exchange.ca_file.empty()) config.set("api.ca_file", yaml_quoted(exchange.ca_file));
}

void set_exchange(ConfigText& config, const RealExchange& exchange) {
  set_rest(config, exchange);
  config.set("api.ws_url", yaml_quoted(exchange.ws_url));
  std::string patterns;
  for (const auto& series : exchange.series) {
    patterns += (patterns.empty() ? "" : ", ") + yaml_quoted("series:" + series);
  }
  if (!patterns.empty()) config.set("universe.include", "[" + patterns + "]");
}

}  // namespace

std::string gatherer_name(int index) { return fmt::format("gatherer-{}", index + 1); }

std::vector<std::string> gatherer_names(const UpOptions& options) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(options.gatherers));
  for (int i = 0; i < options.gatherers; ++i) names.push_back(gatherer_name(i));
  return names;
}

UpPlan::UpPlan(UpOptions options, UpLayout layout, UpPorts ports, std::filesystem::path programs)
    : options_(std::move(options)),
      layout_(std::move(layout)),
      ports_(std::move(ports)),
      programs_(std::move(programs)) {}

ProcessPlan UpPlan::simulator(std::uint64_t seed) const {
  std::vector<std::string> command = {programs_ / "exchange-sim",
                                      "--listen",
                                      fmt::format("127.0.0.1:{}", ports_.simulator),
                                      "--keys",
                                      layout_.public_keys(),
                                      "--expect-clients",
                                      std::to_string(options_.gatherers),
                                      "--markets-per-sid",
                                      std::to_string(options_.markets_per_sid)};
  const auto add = [&](std::string option, std::string value) {
    command.push_back(std::move(option));
    command.push_back(std::move(value));
  };
  if (options_.replay) {
    add("--replay", std::filesystem::absolute(*options_.replay));
    add("--speed", options_.speed);
    add("--stamps", options_.stamps);
  } else {
    add("--markets", std::to_string(options_.markets));
    add("--rate", fmt::format("{}", options_.rate));
    add("--seed", std::to_string(seed));
    if (options_.duration) add("--for", format_duration(*options_.duration));
    const int patience_s = 120 + options_.markets / kSlowestSubscribing;
    add("--start-timeout", fmt::format("{}s", patience_s));
  }
  if (options_.is_audited()) add("--truth", layout_.truth());
  for (const auto& argument : options_.simulator_arguments) command.push_back(argument);
  return {kSimulatorName, std::move(command), layout_.log(kSimulatorName)};
}

ProcessPlan UpPlan::daemon(const std::string& program, const std::string& name) const {
  return {name, {programs_ / program, "--config", layout_.config(name)}, layout_.log(name)};
}

ProcessPlan UpPlan::gatherer(int index) const { return daemon("gatherer", gatherer_name(index)); }

ProcessPlan UpPlan::deduplicator() const { return daemon("deduplicator", kDeduplicatorName); }

std::vector<std::pair<std::string, std::string>> UpPlan::database_keys(
    const UpDatabase& database, const std::string& role, const std::string& cluster) const {
  return {{"host", yaml_quoted(database.socket_directory)},
          {"port", std::to_string(database.port)},
          {"name", database.name},
          {"user", role},
          {"password_file", yaml_quoted(layout_.secret(cluster, role))},
          {"ssl_mode", "disable"}};
}

RealExchange UpPlan::exchange_for(const std::string& gatherer) const {
  if (options_.exchange) return *options_.exchange;
  RealExchange simulator;
  simulator.rest_url = fmt::format("http://127.0.0.1:{}/trade-api/v2", ports_.simulator);
  simulator.ws_url = fmt::format("ws://127.0.0.1:{}/trade-api/ws/v2", ports_.simulator);
  simulator.key_id = gatherer;
  simulator.private_key_file = layout_.private_key(gatherer);
  return simulator;
}

std::string UpPlan::gatherer_config(int index, const UpDatabase& database) const {
  const std::string name = gatherer_name(index);
  ConfigText config;
  config.set("gatherer_id", name);
  config.set("server.port", std::to_string(ports_.gatherers[static_cast<std::size_t>(index)]));
  config.set("logging.format", "text");
  config.set("spill.dir", yaml_quoted(layout_.spill(name)));
  config.set("tape.dir", yaml_quoted(layout_.tape(name)));
  set_exchange(config, exchange_for(name));
  // Here they have one account; each client of the simulator has its own.
  if (options_.exchange) config.set("api.read_share", share_of_budget());
  const auto sockets = share_sockets(options_.connections);
  config.set("connections.ticker", std::to_string(sockets.ticker));
  config.set("connections.trade", std::to_string(sockets.trade));
  config.set("connections.lifecycle", std::to_string(sockets.lifecycle));
  config.set("connections.orderbook", std::to_string(sockets.orderbook));
  config.set("connections.markets_per_connection", std::to_string(options_.markets_per_sid));
  for (const auto& [key, value] : database_keys(database, "gatherer", name)) {
    config.set("database." + key, value);
  }
  for (const auto& [key, value] : options_.gatherer_config) config.set(key, value);
  return config.text();
}

// The gatherers' and the deduplicator's.
std::string UpPlan::share_of_budget() const {
  return fmt::format("{:.4f}", 1.0 / (options_.gatherers + 1));
}

std::string UpPlan::deduplicator_config(const std::vector<UpDatabase>& gatherers,
                                        const UpDatabase& production) const {
  ConfigText config;
  config.set("server.port", std::to_string(ports_.deduplicator));
  config.set("logging.format", "text");
  set_rest(config, exchange_for(kDeduplicatorName));
  if (options_.exchange) config.set("api.read_share", share_of_budget());
  for (const auto& [key, value] : database_keys(production, "deduplicator", kProductionCluster)) {
    config.set("production." + key, value);
  }
  auto out = config.text() + "gatherers:\n";
  for (std::size_t i = 0; i < gatherers.size(); ++i) {
    const std::string name = gatherer_name(static_cast<int>(i));
    out += fmt::format("  - id: {}\n    database:\n", name);
    for (const auto& [key, value] : database_keys(gatherers[i], "dedup_reader", name)) {
      out += fmt::format("      {}: {}\n", key, value);
    }
  }
  return out;
}

}  // namespace kd
