#include "config/schema.h"

#include "config/binding.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kLongest = 24h * 36'500;

void server_keys(SchemaBuilder& keys, ServerConfig& server) {
  keys.section("server.");
  keys.text("host", server.host, "Address of /health, /ready and /metrics; 0.0.0.0 is a choice.");
  keys.port("port", server.port, 0, "Its port; 0 takes any free one and logs which.");
}

void logging_keys(SchemaBuilder& keys, LogOptions& logging) {
  keys.section("logging.");
  keys.choice("level", logging.level, {"debug", "info", "warn", "error"}, "Least level written.");
  keys.choice("format", logging.format, {"auto", "json", "text"},
              "auto is text on a terminal and JSON everywhere else.");
  keys.text("output", logging.output, "stdout, stderr or the path of a file.");
}

void metrics_keys(SchemaBuilder& keys, MetricsConfig& metrics) {
  keys.section("metrics.");
  keys.flag("enabled", metrics.enabled, "Whether metrics are served.");
  keys.text("path", metrics.path, "Where on the server they are served.");
}

// `engine`: whether its storage engine is asked about.
void database_keys(SchemaBuilder& keys, const std::string& prefix, DatabaseConfig& database,
                   bool engine) {
  keys.section(prefix);
  auto& url = keys.url("url", database.url, {"postgres://", "postgresql://"},
                       "The whole connection as one URL, instead of the parts below.");
  url.secret = true;
  url.example = "postgres://user:password@host:5432/name?sslmode=require";
  const auto part = [&](ConfigKey& key) -> ConfigKey& {
    key.unless = prefix + "url";
    return key;
  };
  part(keys.text("host", database.host, "Host name; a directory means its unix socket."));
  part(keys.port("port", database.port, 1, "Port."));
  part(keys.text("name", database.name, "Database name."));
  part(keys.text("user", database.user, "Role to connect as."));
  part(keys.secret("password", database.password, "Its password; leave out where none is asked."))
      .example = "${DB_PASSWORD}";
  part(keys.choice("ssl_mode", database.ssl_mode,
                   {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
                   "As libpq's sslmode; verify-full is taken when ssl_root_cert alone is given."));
  part(keys.text("ssl_root_cert", database.ssl_root_cert,
                 "PEM file with the authorities that may sign the server's certificate."))
      .example = "/etc/kalshi-data/root.crt";
  if (!engine) return;
  keys.choice("engine", database.engine, {"auto", "timescaledb", "native"},
              "Storage engine that the database must have; auto takes the one it was made with.");
}

// `sockets`: WebSockets are opened too, which the exchange allows with a key only.
void api_keys(SchemaBuilder& keys, ApiConfig& api, bool sockets) {
  keys.section("api.");
  keys.url("rest_url", api.rest_url, {"https://", "http://"}, "REST address, with its path.");
  if (sockets) {
    keys.url("ws_url", api.ws_url, {"wss://", "ws://"}, "WebSocket address, with its path.");
  }
  keys.text("ca_file", api.ca_file, "PEM file of one more certificate authority to trust.")
      .example = "/etc/kalshi-data/extra-ca.pem";
  auto& key_id = keys.secret("key_id", api.key_id, "Id of the API key.");
  key_id.required = sockets;
  key_id.example = "${KALSHI_KEY_ID:?set it to the id of your API key}";
  auto& file =
      keys.text("private_key_file", api.private_key_file,
                "PEM file of its private key (RSA or Ed25519), readable by its owner only.");
  file.required = sockets;
  file.example = "/etc/kalshi-data/kalshi.key";
  keys.duration("timeout", api.timeout, {100ms, 10min}, "Longest wait for one REST answer.");
  keys.integer("max_retries", api.max_retries, {0, 100}, "Repetitions of a failed REST request.");
  keys.duration("retry_backoff", api.retry_backoff, {1ms, 10min},
                "Wait before the first repetition; doubles, with full jitter.");
  keys.number_or_auto("read_tokens_per_second", api.read_tokens_per_second, {0.1, 100'000},
                      "REST read budget; auto asks the exchange for the account's limits.");
  keys.number("read_share", api.read_share, {0.001, 1},
              "Part of that budget for this process: 1 over the processes on the account.");
}

void connection_keys(SchemaBuilder& keys, GathererConfig& config) {
  auto& c = config.connections;
  keys.section("connections.");
  keys.integer("ticker", c.ticker, {0, 200}, "Sockets for tickers.");
  keys.integer("trade", c.trade, {0, 200}, "Sockets for trades.");
  keys.integer("lifecycle", c.lifecycle, {0, 200}, "Sockets for lifecycle events.");
  keys.integer("orderbook", c.orderbook, {0, 200}, "Sockets for order books.");
  keys.integer("markets_per_connection", c.markets_per_connection, {1, 100'000},
               "Most markets on one order-book socket.");
  keys.integer("tickers_per_command", c.tickers_per_command, {1, 10'000},
               "Most tickers in one subscribe or update command.");
  keys.integer("commands_per_second", c.commands_per_second, {1, 10'000},
               "Most commands a second on one socket.");
  keys.duration("connect_timeout", c.connect_timeout, {10ms, 10min},
                "Longest wait for a socket to be connected and upgraded.");
  keys.number("dial_rate", c.dial_rate, {0.1, 10'000}, "New connections a second, all together.");
  keys.duration("stale_after", c.stale_after, {1s, 1h},
                "A socket without any frame for this long is replaced.");
  keys.duration("initial_backoff", c.initial_backoff, {1ms, 1h},
                "Wait before the first reconnection; doubles, with full jitter.");
  keys.duration("max_backoff", c.max_backoff, {1ms, 24h}, "Where that doubling stops.");
  keys.integer("io_threads", c.io_threads, {1, 64}, "Threads that read sockets.");
  keys.flag("deflate", c.deflate, "Whether permessage-deflate is offered.");
  keys.integer("snapshots_in_flight", c.snapshots_in_flight, {1, 100'000},
               "Most order books asked for and not yet answered, all sockets together.");
  keys.number_or_auto("min_healthy", c.min_healthy, {0, 1'000},
                      "Open sockets below which the gatherer is unhealthy; auto is two thirds.");
}

// As UniverseRules reads it; that also says what a pattern means.
bool is_pattern(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return !text.empty();
  const auto kind = text.substr(0, colon);
  return (kind == "series" || kind == "event" || kind == "market") && colon + 1 < text.size();
}

bool is_combo_channel(const std::string& text) {
  for (const auto* known : {"true", "false", "orderbook", "trade", "ticker", "lifecycle"}) {
    if (text == known) return true;
  }
  return false;
}

void universe_keys(SchemaBuilder& keys, GathererConfig& config) {
  constexpr const char* kPattern = "patterns: series:GLOB, event:GLOB, market:GLOB or GLOB";
  auto& u = config.universe;
  keys.section("universe.");
  keys.list("include", u.include, kPattern, is_pattern,
            "Markets to record, by series, event or market ticker; none: all.")
      .example = "series:KXBTC*";
  keys.list("exclude", u.exclude, kPattern, is_pattern, "Markets not to record all the same.")
      .example = "series:KXTEST*";
  keys.list("combos", u.combos, "true, false or some of orderbook, trade, ticker, lifecycle",
            is_combo_channel, "Whether combos (KXMVE…) are recorded, or on which channels.");
}

void evidence_keys(SchemaBuilder& keys, GathererConfig& config) {
  keys.section("self_check.");
  keys.number("markets_per_minute", config.self_check.markets_per_minute, {0, 600},
              "Books that each order-book socket asks for and compares with its own; 0: none.");
  keys.section("");
  keys.duration("watermark_interval", config.watermark_interval, {100ms, 1min},
                "How often it is recorded up to when every stream is proven complete.");
}

void shard_keys(SchemaBuilder& keys, ShardConfig& shard) {
  keys.section("shard.");
  keys.integer("index", shard.index, {0, 255}, "Which part of all markets this process has.");
  keys.integer("count", shard.count, {1, 256}, "How many parts there are, by hash of the ticker.");
}

void gatherer_retention_keys(SchemaBuilder& keys, GathererConfig& config) {
  constexpr const char* kKept = "How long its rows are kept; longer while not acknowledged.";
  auto& r = config.retention;
  keys.section("retention.");
  keys.duration("trades", r.trades, {1h, kLongest}, kKept);
  keys.duration("orderbook_deltas", r.orderbook_deltas, {1h, kLongest}, kKept);
  keys.duration("orderbook_snapshots", r.orderbook_snapshots, {1h, kLongest}, kKept);
  keys.duration("tickers", r.tickers, {1h, kLongest}, kKept);
  keys.duration("compress_after", r.compress_after, {1h, kLongest},
                "Age at which chunks are compressed (TimescaleDB).");
  keys.number(
      "disk_high_watermark", r.disk_high_watermark_percent, {1, 100},
      "Percent of a disk in use above which no more market rows go to it, and old tape goes.");
}

void production_retention_keys(SchemaBuilder& keys, DeduplicatorConfig& config) {
  constexpr const char* kKept = "How long its rows are kept; longer while not exported.";
  auto& r = config.retention;
  keys.section("retention.");
  keys.duration_or_never("trades", r.trades, {1h, kLongest},
                         "How long trades are kept; never drops none.");
  keys.duration("orderbook_deltas", r.orderbook_deltas, {1h, kLongest}, kKept);
  keys.duration("orderbook_snapshots", r.orderbook_snapshots, {1h, kLongest}, kKept);
  keys.duration("tickers", r.tickers, {1h, kLongest}, kKept);
  keys.duration("compress_after", r.compress_after, {1h, kLongest},
                "Age at which chunks are compressed (TimescaleDB).");
  keys.choice("without_export", r.without_export, {"keep", "drop"},
              "Whether rows that nothing exports are kept for ever or dropped at their age.");
}

void file_keys(SchemaBuilder& keys, GathererConfig& config) {
  keys.section("spill.");
  auto& spill =
      keys.text("dir", config.spill.dir, "Directory for rows that the database cannot take yet.");
  spill.required = true;
  spill.example = "/var/lib/kalshi-data/spill";
  keys.size("max_bytes", config.spill.max_bytes, {1LL << 20, 1LL << 45},
            "Most bytes of such rows on disk; what comes beyond is lost, recorded and alarmed.");
  keys.section("tape.");
  keys.flag("enabled", config.tape.enabled, "Whether raw frames are kept as files.");
  auto& tape = keys.text("dir", config.tape.dir, "Directory of the tape.");
  tape.required = true;
  tape.example = "/var/lib/kalshi-data/tape";
  keys.size("segment_bytes", config.tape.segment_bytes, {1LL << 16, 1LL << 40},
            "Bytes after which a new file is begun.");
  keys.duration("keep", config.tape.keep, {1s, 24h * 3'650}, "How long a file is kept.");
}

void poller_keys(SchemaBuilder& keys, GathererConfig& config) {
  auto& p = config.snapshot_poller;
  keys.section("snapshot_poller.");
  keys.flag("enabled", p.enabled, "Whether order books are also read over REST.");
  keys.duration("interval", p.interval, {1s, 24h}, "Every active market once in so long.");
  keys.integer("concurrency", p.concurrency, {1, 256}, "Requests of 100 books under way.");
  keys.duration("request_timeout", p.request_timeout, {100ms, 10min}, "Longest wait for one.");
  keys.number_or_auto("phase", p.phase, {0, 1},
                      "Part of the interval by which sweeps begin late; auto is by gatherer_id.");
}

void writer_keys(SchemaBuilder& keys, GathererConfig& config) {
  auto& w = config.writers;
  const auto writer = [&](const std::string& table, WriterConfig& options) {
    keys.section("writers." + table + ".");
    keys.integer("batch_size", options.batch_size, {1, 1'000'000}, "Rows that make a batch full.");
    keys.duration("flush_interval", options.flush_interval, {1ms, 1min},
                  "Longest time a row waits for its batch to fill.");
  };
  writer("trades", w.trades);
  writer("orderbook_deltas", w.orderbook_deltas);
  writer("orderbook_snapshots", w.orderbook_snapshots);
  writer("tickers", w.tickers);
  keys.section("writers.");
  keys.size("memory_limit", w.memory_limit_bytes, {1LL << 20, 1LL << 40},
            "Most memory for rows that wait for the database, all tables together.");
}

void sync_keys(SchemaBuilder& keys, DeduplicatorConfig& config) {
  auto& s = config.sync;
  const auto table = [&](const std::string& name, SyncConfig& options) {
    keys.section("sync." + name + ".");
    keys.integer("batch_size", options.batch_size, {1, 10'000'000},
                 "Rows that a round takes from one gatherer.");
    keys.duration("poll_interval", options.poll_interval, {1ms, 1h},
                  "Wait between rounds that found little; catching up does not wait.");
  };
  table("trades", s.trades);
  table("orderbook_deltas", s.orderbook_deltas);
  table("orderbook_snapshots", s.orderbook_snapshots);
  table("tickers", s.tickers);
  table("lifecycle_events", s.lifecycle_events);
  keys.section("sync.");
  keys.duration("seen_window", s.seen_window, {1s, 24h},
                "How long a row is remembered, to know its copies without asking production.");
  keys.size("seen_bytes", s.seen_bytes, {1LL << 20, 1LL << 40}, "Most memory for that.");
}

}  // namespace

ConfigSchema schema_of(GathererConfig& config) {
  SchemaBuilder keys;
  auto& id = keys.identifier("gatherer_id", config.gatherer_id,
                             "Name of this gatherer; different from every other's.");
  id.required = true;
  id.example = "gatherer-1";
  server_keys(keys, config.server);
  api_keys(keys, config.api, true);
  database_keys(keys, "database.", config.database, true);
  keys.section("registry.");
  keys.duration("reconcile_interval", config.registry.reconcile_interval, {100ms, 24h},
                "How often the list of markets is read again from REST.");
  keys.integer("page_size", config.registry.page_size, {1, 1000}, "Markets in one REST page.");
  keys.duration("status_interval", config.registry.status_interval, {1s, 1h},
                "How often the exchange is asked whether it is open.");
  universe_keys(keys, config);
  connection_keys(keys, config);
  evidence_keys(keys, config);
  writer_keys(keys, config);
  file_keys(keys, config);
  gatherer_retention_keys(keys, config);
  shard_keys(keys, config.shard);
  poller_keys(keys, config);
  logging_keys(keys, config.logging);
  metrics_keys(keys, config.metrics);
  return keys.take();
}

ConfigSchema schema_of(DeduplicatorConfig& config) {
  SchemaBuilder keys;
  keys.identifier("deduplicator_id", config.deduplicator_id, "Name of this deduplicator.");
  server_keys(keys, config.server);
  for (std::size_t i = 0; i < config.gatherers.size(); ++i) {
    auto& gatherer = config.gatherers[i];
    const std::string prefix = "gatherers[" + std::to_string(i) + "].";
    keys.section(prefix);
    auto& id = keys.identifier("id", gatherer.id, "Name of the gatherer, as in its own file.");
    id.required = true;
    id.example = "gatherer-" + std::to_string(i + 1);
    database_keys(keys, prefix + "database.", gatherer.database, false);
  }
  database_keys(keys, "production.", config.production, true);
  api_keys(keys, config.api, false);
  sync_keys(keys, config);
  keys.section("metadata.");
  keys.duration("sync_interval", config.metadata.sync_interval, {1s, 24h},
                "How often series, events and markets are read from REST.");
  keys.section("backfill.");
  keys.flag("trades", config.backfill.trades,
            "Whether trades that no gatherer has are read from REST.");
  production_retention_keys(keys, config);
  shard_keys(keys, config.shard);
  logging_keys(keys, config.logging);
  metrics_keys(keys, config.metrics);
  return keys.take();
}

}  // namespace kd
