#include "config/loader.h"

#include <algorithm>
#include <set>

#include "config/applier.h"
#include "config/document.h"
#include "config/schema.h"
#include "config/text_file.h"

namespace kd {
namespace {

Expected<std::string> read_config(const std::string& path) {
  const auto text = read_text_file(path);
  if (!text) return fail(Remedy::kGiveUp, path + ": " + text.error().what);
  return *text;
}

// A certificate authority without a mode can only mean that the server is to be verified by it.
void verify_by_root(const ConfigApplier& given, const std::string& section,
                    DatabaseConfig& config) {
  if (!config.ssl_root_cert.empty() && !given.given(section + "ssl_mode")) {
    config.ssl_mode = "verify-full";
  }
}

Expected<void> check_metrics_path(const ConfigApplier& at, const MetricsConfig& metrics) {
  if (metrics.path.starts_with('/') && metrics.path != "/health" && metrics.path != "/ready") {
    return {};
  }
  return at.error("metrics.path", "'" + metrics.path +
                                      "' is not allowed; expected a path that begins with '/' and "
                                      "is neither /health nor /ready");
}

Expected<void> check_shard(const ConfigApplier& at, const ShardConfig& shard) {
  if (shard.index < shard.count) return {};
  return at.error("shard.index", "must be below shard.count");
}

Expected<void> check(const ConfigApplier& at, GathererConfig& config) {
  verify_by_root(at, "database.", config.database);
  const auto& c = config.connections;
  if (c.initial_backoff > c.max_backoff) {
    return at.error("connections.initial_backoff", "must not be above connections.max_backoff");
  }
  if (c.ticker + c.trade + c.lifecycle + c.orderbook == 0) {
    return at.error("connections.orderbook",
                    "no connection at all; at least one of ticker, trade, lifecycle, orderbook "
                    "must be above 0");
  }
  KD_DO(check_shard(at, config.shard));
  return check_metrics_path(at, config.metrics);
}

Expected<void> check(const ConfigApplier& at, DeduplicatorConfig& config) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < config.gatherers.size(); ++i) {
    const std::string section = "gatherers[" + std::to_string(i) + "].";
    verify_by_root(at, section + "database.", config.gatherers[i].database);
    if (!ids.insert(config.gatherers[i].id).second) {
      return at.error(section + "id", "'" + config.gatherers[i].id + "' is given twice");
    }
  }
  verify_by_root(at, "production.", config.production);
  if (config.api.key_id.empty() != config.api.private_key_file.empty()) {
    return at.error("api.key_id", "needs api.private_key_file, and the other way round");
  }
  KD_DO(check_shard(at, config.shard));
  return check_metrics_path(at, config.metrics);
}

// The list must have its length before the schema is bound to its items.
Expected<void> make_room(GathererConfig&, const std::vector<DocumentNode>&, const ConfigApplier&) {
  return {};
}
Expected<void> make_room(DeduplicatorConfig& config, const std::vector<DocumentNode>& nodes,
                         const ConfigApplier& at) {
  const auto is_item = [](const DocumentNode& node) {
    return node.path.starts_with("gatherers[") && node.path.ends_with("]");
  };
  config.gatherers.resize(
      static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), is_item)));
  if (!config.gatherers.empty()) return {};
  return at.error("gatherers", "at least one gatherer is required, as a list ('- id: …')");
}

template <typename Config>
Expected<Config> parse(std::string_view yaml, const std::string& name,
                       const Environment& environment) {
  KD_TRY(const auto nodes, parse_document(yaml, name));
  Config config;
  ConfigApplier applier(name, nodes, environment);
  KD_DO(make_room(config, nodes, applier));
  KD_DO(applier.apply(schema_of(config)));
  KD_DO(check(applier, config));
  return config;
}

}  // namespace

Expected<GathererConfig> parse_gatherer_config(std::string_view yaml, const std::string& name,
                                               const Environment& environment) {
  return parse<GathererConfig>(yaml, name, environment);
}

Expected<DeduplicatorConfig> parse_deduplicator_config(std::string_view yaml,
                                                       const std::string& name,
                                                       const Environment& environment) {
  return parse<DeduplicatorConfig>(yaml, name, environment);
}

Expected<GathererConfig> load_gatherer_config(const std::string& path) {
  KD_TRY(const auto text, read_config(path));
  return parse_gatherer_config(text, path, process_environment());
}

Expected<DeduplicatorConfig> load_deduplicator_config(const std::string& path) {
  KD_TRY(const auto text, read_config(path));
  return parse_deduplicator_config(text, path, process_environment());
}

}  // namespace kd
