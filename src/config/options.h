#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"

namespace kd {

// What the YAML files of the daemons say, typed. Plain values; the keys, defaults and allowed
// ranges stand in schema.cc, the single place that knows them.

struct ServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
};

struct MetricsConfig {
  bool enabled = true;
  std::string path = "/metrics";
};

struct ApiConfig {
  std::string rest_url = "https://external-api.kalshi.com/trade-api/v2";
  std::string ws_url = "wss://external-api-ws.kalshi.com/trade-api/ws/v2";
  std::string ca_file{};  // an extra trusted certificate authority (PEM); empty: the system's
  std::string key_id{};
  std::string private_key_file{};
  std::chrono::milliseconds timeout{30'000};
  int max_retries = 3;
  std::chrono::milliseconds retry_backoff{1'000};
  std::optional<double> read_tokens_per_second;  // absent: from /account/limits
  double read_share = 1.0;
};

struct DatabaseConfig {
  std::string url{};               // postgres://…; when set, the parts below are not used
  std::string host = "localhost";  // a leading '/' is a unix-socket directory
  std::uint16_t port = 5432;
  std::string name = "kalshi_ts";
  std::string user = "gatherer";
  std::string password{};  // secret; also as password_file
  std::string ssl_mode = "prefer";
  std::string ssl_root_cert{};
  std::string engine = "auto";  // or timescaledb, native
};

struct WriterConfig {
  int batch_size = 1000;  // rows
  std::chrono::milliseconds flush_interval{100};
};

// One of `count` parts of all markets, by a hash of their tickers.
struct ShardConfig {
  int index = 0;
  int count = 1;
};

inline constexpr std::chrono::milliseconds kDay = std::chrono::hours(24);

struct GathererConfig {
  std::string gatherer_id{};
  ServerConfig server;
  ApiConfig api;
  DatabaseConfig database;
  struct {
    std::chrono::milliseconds reconcile_interval{300'000};
    int page_size = 1000;
    std::chrono::milliseconds status_interval{60'000};
  } registry;
  struct {
    std::vector<std::string> include{};  // patterns (model/universe.h); empty: everything
    std::vector<std::string> exclude{};
    std::vector<std::string> combos{"true"};  // on every channel; or "false"; or channels' names
  } universe;
  struct {
    int ticker = 2;
    int trade = 2;
    int lifecycle = 2;
    int orderbook = 144;
    int markets_per_connection = 7500;
    int tickers_per_command = 200;
    int commands_per_second = 50;  // per connection
    std::chrono::milliseconds connect_timeout{10'000};
    double dial_rate = 20;  // new connections a second
    std::chrono::milliseconds stale_after{30'000};
    std::chrono::milliseconds initial_backoff{1'000};
    std::chrono::milliseconds max_backoff{300'000};
    int io_threads = 2;
    bool deflate = true;
    int snapshots_in_flight = 400;      // of all connections together
    std::optional<double> min_healthy;  // open sockets below which it is unhealthy; absent: 2/3
  } connections;
  struct {
    double markets_per_minute = 10;  // per order-book socket
  } self_check;
  std::chrono::milliseconds watermark_interval{1'000};
  struct {
    WriterConfig trades{.batch_size = 1000};
    WriterConfig orderbook_deltas{.batch_size = 5000};
    WriterConfig orderbook_snapshots{.batch_size = 500};
    WriterConfig tickers{.batch_size = 1000};
    std::int64_t memory_limit_bytes = 256LL << 20;
  } writers;
  struct {
    std::string dir{};
    std::int64_t max_bytes = 20LL << 30;
  } spill;
  struct {
    bool enabled = true;
    std::string dir{};
    std::int64_t segment_bytes = 256LL << 20;
    std::chrono::milliseconds keep{24 * 3'600'000};
  } tape;
  struct {
    bool enabled = true;
    std::chrono::milliseconds interval{900'000};
    int concurrency = 8;  // batches under way
    std::chrono::milliseconds request_timeout{10'000};
    std::optional<double> phase;  // part of the interval by which sweeps are late; absent: by id
  } snapshot_poller;
  struct {
    std::chrono::milliseconds trades{30 * kDay};
    std::chrono::milliseconds orderbook_deltas{7 * kDay};
    std::chrono::milliseconds orderbook_snapshots{30 * kDay};
    std::chrono::milliseconds tickers{7 * kDay};
    std::chrono::milliseconds compress_after{kDay};
    double disk_high_watermark_percent = 85;
  } retention;
  ShardConfig shard;
  LogOptions logging;
  MetricsConfig metrics;
};

struct GathererSource {  // one gatherer as the deduplicator sees it
  std::string id{};
  DatabaseConfig database{.user = "dedup_reader", .ssl_mode = "require"};
};

struct SyncConfig {
  int batch_size = 20'000;  // rows a round takes from one gatherer's table
  std::chrono::milliseconds poll_interval{100};
};

struct DeduplicatorConfig {
  std::string deduplicator_id = "deduplicator-1";
  ServerConfig server{.port = 8081};
  std::vector<GathererSource> gatherers;
  DatabaseConfig production{.name = "kalshi_prod", .user = "deduplicator"};
  ApiConfig api;  // for metadata and trades; a key is optional
  struct {
    SyncConfig trades;
    SyncConfig orderbook_deltas;
    SyncConfig orderbook_snapshots{.batch_size = 5'000,
                                   .poll_interval = std::chrono::milliseconds(1'000)};
    SyncConfig tickers;
    SyncConfig lifecycle_events;
    std::chrono::milliseconds seen_window{600'000};
    std::int64_t seen_bytes = 1LL << 30;
  } sync;
  struct {
    std::chrono::milliseconds sync_interval{300'000};
  } metadata;
  struct {
    bool trades = true;
  } backfill;
  struct {
    std::optional<std::chrono::milliseconds> trades{};  // absent: for ever
    std::chrono::milliseconds orderbook_deltas{90 * kDay};
    std::chrono::milliseconds orderbook_snapshots{90 * kDay};
    std::chrono::milliseconds tickers{30 * kDay};
    std::chrono::milliseconds compress_after{7 * kDay};
    std::string without_export = "keep";  // or drop
  } retention;
  ShardConfig shard;
  LogOptions logging;
  MetricsConfig metrics;
};

}  // namespace kd
