#include "app/deduplicator_app.h"

#include <fmt/format.h>

#include "app/connect_options.h"
#include "base/version.h"
#include "database/storage_engine.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerTimeout = 20s;   // below the 30 s a stop may take
constexpr auto kProductionWait = 10s;  // at start, for a server that is coming up

std::vector<std::string> ids_of(const DeduplicatorConfig& config) {
  std::vector<std::string> ids;
  ids.reserve(config.gatherers.size());
  for (const auto& gatherer : config.gatherers) ids.push_back(gatherer.id);
  return ids;
}

TablePolling polling(const SyncConfig& sync) { return {sync.batch_size, sync.poll_interval}; }

std::array<TablePolling, kTableCount> polling_of(const DeduplicatorConfig& config) {
  const auto& sync = config.sync;
  std::array<TablePolling, kTableCount> out;
  out.fill(polling(sync.lifecycle_events));  // ledger and quarantine follow it
  out[table_index("trades")] = polling(sync.trades);
  out[table_index("orderbook_deltas")] = polling(sync.orderbook_deltas);
  out[table_index("orderbook_snapshots")] = polling(sync.orderbook_snapshots);
  out[table_index("tickers")] = polling(sync.tickers);
  return out;
}

Deduplicator::Options options_of(const DeduplicatorConfig& config) {
  Deduplicator::Options out;
  const auto name = "kalshi " + config.deduplicator_id;
  for (const auto& gatherer : config.gatherers) {
    out.gatherers.push_back({gatherer.id, connect_options(gatherer.database, name)});
    out.gatherers.back().connect.answer_timeout = kAnswerTimeout;
  }
  out.production = connect_options(config.production, name);
  out.production.answer_timeout = kAnswerTimeout;
  out.polling = polling_of(config);
  // The bound is for all tables together; deltas are nearly everything.
  out.seen.window_us = std::chrono::microseconds(config.sync.seen_window).count();
  out.seen.max_bytes = static_cast<std::size_t>(config.sync.seen_bytes) / 2;
  out.shard = {.index = config.shard.index, .count = config.shard.count};
  return out;
}

}  // namespace

DeduplicatorApp::DeduplicatorApp(const DeduplicatorConfig& config, Logger log)
    : config_(config),
      log_(std::move(log)),
      gatherers_(ids_of(config)),
      metrics_(registry_, gatherers_),
      deduplicator_(options_of(config), metrics_, log_.with("dedup")),
      services_(config_, deduplicator_, registry_, log_) {}

DeduplicatorApp::~DeduplicatorApp() {
  loop_.stop();
  stop();
}

Expected<void> DeduplicatorApp::start(StopSignals& signals) {
  if (auto listening = listen(); !listening) return listening;
  deduplicator_.start();
  server_thread_ = std::jthread([this] { loop_.run(); });
  KD_DO(await_production(signals));
  return stop_requested_ ? Expected<void>{} : start_services();
}

Expected<void> DeduplicatorApp::start_services() {
  KD_TRY(const auto connection, Connection::connect(connect_options(
                                    config_.production, "kalshi " + config_.deduplicator_id)));
  KD_DO(require_engine(*connection, config_.production.engine));
  return services_.start();
}

Expected<void> DeduplicatorApp::listen() {
  HttpServer::Options options;
  options.host = config_.server.host;
  options.port = config_.server.port;
  KD_TRY(server_, HttpServer::start(
                      loop_, options,
                      {.request = [this](const auto& r) { return answer(r); }, .upgrade = {}}));
  return {};
}

Expected<void> DeduplicatorApp::await_production(StopSignals& signals) {
  const auto deadline = std::chrono::steady_clock::now() + kProductionWait;
  for (;;) {
    if (const auto fatal = deduplicator_.fatal_error()) return tl::unexpected(*fatal);
    const auto status = deduplicator_.status();
    if (status.production_connected) break;
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Remedy::kGiveUp, status.production_error +
                                       " (check production.* in the "
                                       "configuration, and that the server runs)");
    }
    if (signals.wait(20ms)) {
      stop_requested_ = true;
      return {};
    }
  }
  log_.info(
      "deduplicator runs",
      {kv("gatherers", gatherers_.size()),
       kv("health", fmt::format("http://{}:{}/health", config_.server.host, server_->port()))});
  return {};
}

void DeduplicatorApp::wait(StopSignals& signals) {
  while (!stop_requested_) stop_requested_ = signals.wait(1h);
}

void DeduplicatorApp::stop() {
  services_.request_stop();
  deduplicator_.stop();
  services_.stop();
}

HttpResponse DeduplicatorApp::answer(const HttpRequest& request) {
  const auto status = deduplicator_.status();
  if (request.path() == config_.metrics.path && config_.metrics.enabled) {
    metrics_.publish(status);
    services_.publish_metrics();
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4",
            .body = registry_.scrape(),
            .headers = {}};
  }
  if (request.path() == "/health" || request.path() == "/ready") {
    const auto report = dedup_health(status, gatherers_);
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::steady_clock::now() - started_);
    return {.status = health_status(report),
            .content_type = "application/json",
            .body = health_json(version_line("deduplicator"), uptime, report),
            .headers = {}};
  }
  return {.status = 404,
          .content_type = "text/plain",
          .body = "there is /health, /ready and " + config_.metrics.path + "\n",
          .headers = {}};
}

}  // namespace kd
