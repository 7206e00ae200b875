#include "app/up_plan.h"

#include <fmt/format.h>

#include "config/units.h"

namespace kd {
namespace {

constexpr const char* kMarketsPerSocket = "7500";  // as many as a gatherer puts on one

// A YAML string that the loader reads back as `text`.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || text[i] == '\\') out += '\\';
    if (text.compare(i, 2, "${") == 0) out += '$';
    out += text[i];
  }
  return out + '"';
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
                                      kMarketsPerSocket};
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
  }
  if (options_.ends_by_itself()) add("--truth", layout_.truth());
  return {kSimulatorName, std::move(command), layout_.log(kSimulatorName)};
}

ProcessPlan UpPlan::daemon(const std::string& program, const std::string& name) const {
  return {name, {programs_ / program, "--config", layout_.config(name)}, layout_.log(name)};
}

ProcessPlan UpPlan::gatherer(int index) const { return daemon("gatherer", gatherer_name(index)); }

ProcessPlan UpPlan::deduplicator() const { return daemon("deduplicator", kDeduplicatorName); }

std::string UpPlan::database_section(const std::string& indent, const UpDatabase& database,
                                     const std::string& role, const std::string& cluster) const {
  std::string out;
  const auto line = [&](const char* key, const std::string& value) {
    out += fmt::format("{}{}: {}\n", indent, key, value);
  };
  line("host", quoted(database.socket_directory));
  line("port", std::to_string(database.port));
  line("name", database.name);
  line("user", role);
  line("password_file", quoted(layout_.secret(cluster, role)));
  line("ssl_mode", "disable");
  return out;
}

std::string UpPlan::gatherer_config(int index, const UpDatabase& database) const {
  const std::string name = gatherer_name(index);
  const auto sockets = share_sockets(options_.connections);
  return fmt::format(
             "gatherer_id: {}\n"
             "server:\n  port: {}\n"
             "api:\n  rest_url: http://127.0.0.1:{}/trade-api/v2\n"
             "  ws_url: ws://127.0.0.1:{}/trade-api/ws/v2\n"
             "  key_id: {}\n  private_key_file: {}\n"
             "connections:\n  ticker: {}\n  trade: {}\n  lifecycle: {}\n  orderbook: {}\n"
             "logging:\n  format: text\n"
             "database:\n",
             name, ports_.gatherers[static_cast<std::size_t>(index)], ports_.simulator,
             ports_.simulator, name, quoted(layout_.private_key(name)), sockets.ticker,
             sockets.trade, sockets.lifecycle, sockets.orderbook) +
         database_section("  ", database, "gatherer", name);
}

std::string UpPlan::deduplicator_config(const std::vector<UpDatabase>& gatherers,
                                        const UpDatabase& production) const {
  std::string out = fmt::format("server:\n  port: {}\nlogging:\n  format: text\ngatherers:\n",
                                ports_.deduplicator);
  for (std::size_t i = 0; i < gatherers.size(); ++i) {
    const std::string name = gatherer_name(static_cast<int>(i));
    out += fmt::format("  - id: {}\n    database:\n", name);
    out += database_section("      ", gatherers[i], "dedup_reader", name);
  }
  return out + "production:\n" +
         database_section("  ", production, "deduplicator", kProductionCluster);
}

}  // namespace kd
