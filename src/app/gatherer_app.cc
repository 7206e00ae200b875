#include "app/gatherer_app.h"

#include <fmt/format.h>

#include "app/connect_options.h"
#include "base/version.h"
#include "codec/gatherer_rows.h"
#include "database/migrations.h"

namespace kd {
namespace {

constexpr std::chrono::seconds kDatabaseWait{10};  // at start, for a server that is coming up
constexpr std::chrono::seconds kCloseWait{5};
constexpr std::chrono::seconds kFlushWait{12};
constexpr std::chrono::seconds kAnswerWait{
    10};  // of a database that hangs; within the 30 s of a stop

// The smallest tier's, until the account's own limits are known (protocol notes, section 2.9).
constexpr double kBasicTokensPerSecond = 200;
constexpr double kBucketSeconds = 3;

WriterConfig writer_config(const GathererConfig& config, Table table) {
  switch (table) {
    case Table::kTrades:
      return config.writers.trades;
    case Table::kOrderbookDeltas:
      return config.writers.orderbook_deltas;
    case Table::kOrderbookSnapshots:
      return config.writers.orderbook_snapshots;
    case Table::kTickers:
      return config.writers.tickers;
    default:
      return {};  // evidence and lifecycle: few rows, the default batch
  }
}

Error refused_credentials(const std::string& what) {
  return {Remedy::kGiveUp, what +
                               ": the exchange refused our credentials; check api.key_id, "
                               "api.private_key_file and this machine's clock"};
}

Error out_of_reach(const std::string& what) {
  return {Remedy::kGiveUp, what + " (is api.rest_url right, and does this machine reach it?)"};
}

}  // namespace

GathererApp::GathererApp(GathererConfig config, Logger log)
    : config_(std::move(config)),
      log_(std::move(log)),
      budget_(config_.writers.memory_limit_bytes),
      next_stream_id_(to_us(wall_now())),
      dial_pacer_(config_.connections.dial_rate) {}

GathererApp::~GathererApp() { server_loop_.stop(); }

Expected<void> GathererApp::start() {
  if (auto done = load_key(); !done) return done;
  if (auto done = check_database(); !done) return done;
  if (auto done = serve(); !done) return done;
  make_writers();
  make_lanes();
  make_pool();
  make_discovery();
  for (auto& writer : writers_) writer->start();
  for (auto& lane : lanes_) lane->start();
  pool_->start();
  discovery_->start();
  ready_ = true;
  log_.info(
      "started",
      {kv("gatherer", config_.gatherer_id), kv("version", version_line("gatherer")),
       kv("health", fmt::format("http://{}:{}/health", config_.server.host, server_->port()))});
  return {};
}

Expected<void> GathererApp::load_key() {
  KD_TRY(auto key, SigningKey::load_pem(config_.api.private_key_file));
  signer_ = std::make_shared<Signer>(config_.api.key_id, std::move(key));
  return {};
}

Expected<void> GathererApp::check_database() {
  const auto until = std::chrono::steady_clock::now() + kDatabaseWait;
  for (;;) {
    auto connection = Connection::connect(connect_options(config_.database, "kalshi gatherer"));
    if (connection) return require_schema(**connection, SchemaKind::kGatherer);
    const bool hopeless = connection.error().remedy == Remedy::kGiveUp;
    if (hopeless || std::chrono::steady_clock::now() > until) {
      return fail(Remedy::kGiveUp, connection.error().what +
                                       " (check the section `database` of the configuration "
                                       "and that the server runs)");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

Expected<void> GathererApp::serve() {
  HttpServer::Options options;
  options.host = config_.server.host;
  options.port = config_.server.port;
  KD_TRY(server_, HttpServer::start(
                      server_loop_, options,
                      {.request = [this](const auto& r) { return answer(r); }, .upgrade = {}}));
  server_thread_ = std::jthread([this] { server_loop_.run(); });
  return {};
}

void GathererApp::make_writers() {
  for (const auto table : kAllTables) {
    const auto sizes = writer_config(config_, table);
    auto connect =
        connect_options(config_.database, fmt::format("kalshi gatherer {}", name_of(table)));
    connect.answer_timeout = kAnswerWait;
    auto& queue = queues_[index_of(table)];
    queue = std::make_unique<BatchQueue>(budget_);
    writers_[index_of(table)] = std::make_unique<TableWriter>(
        TableWriter::Options{.table = table,
                             .batch_rows = static_cast<std::size_t>(sizes.batch_size),
                             .flush_interval = sizes.flush_interval,
                             .database = std::move(connect)},
        *queue, newest_sending_, metrics_, log_.with("writer"),
        TableWriter::Hooks{.give_up = [this](const Error& error) { give_up(error); },
                           .reject = [this](const std::string& reason,
                                            std::string_view row) { reject(reason, row); }});
  }
}

void GathererApp::make_lanes() {
  Router::Options options;
  for (const auto table : kAllTables) {
    options.batch_rows[index_of(table)] =
        static_cast<std::size_t>(writer_config(config_, table).batch_size);
  }
  options.next_stream_id = [this] { return next_stream_id_.fetch_add(1); };
  options.on_lifecycle = [this](const LifecycleEvent& event) {
    if (event.event_type == "created") discovery_->announce(std::string(event.ticker));
  };
  for (int i = 0; i < config_.connections.io_threads; ++i) {
    auto& lane = lanes_.emplace_back(std::make_unique<GathererLane>(
        options, [this](Table table, RowBatch& batch) { queues_[index_of(table)]->push(batch); },
        router_metrics_, budget_,
        [this, i](bool paused) {
          pool_->pause_lane(lanes_[static_cast<std::size_t>(i)]->loop(), paused);
          log_.warn(paused ? "the database is behind: sockets are not read until it catches up"
                           : "sockets are read again",
                    {kv("waiting_bytes", budget_.used())});
        }));
    lane->hooks().credentials = [this] {
      UrlParts url;
      split_url(config_.api.ws_url, url);
      return signer_->headers("GET", url.path, wall_now());
    };
    lane->hooks().dial_delay = [this] {
      return dial_pacer_.next(std::chrono::steady_clock::now());
    };
    lane->hooks().on_full = [this](std::int32_t connection, std::span<const std::string> tickers) {
      pool_->move_elsewhere(connection, tickers);
    };
    lane->hooks().on_open = [this] { socket_was_open_ = true; };
    lane->hooks().on_unreachable = [this](const std::string& what) { on_unreachable(what); };
    lane->hooks().on_refused = [this](const std::string& what) {
      give_up(refused_credentials(what));
    };
  }
}

void GathererApp::make_pool() {
  const auto& c = config_.connections;
  std::vector<ConnectionPool::Lane> lanes;
  lanes.reserve(lanes_.size());
  for (auto& lane : lanes_) lanes.push_back({lane->loop(), lane->hooks()});
  ConnectionPool::Options options{
      .ticker = c.ticker,
      .trade = c.trade,
      .lifecycle = c.lifecycle,
      .orderbook = c.orderbook,
      .markets_per_connection = static_cast<std::size_t>(c.markets_per_connection),
      .seed = config_.gatherer_id,
      .session = {}};
  options.session.socket.url = config_.api.ws_url;
  options.session.socket.ca_file = config_.api.ca_file;
  options.session.socket.connect_timeout = c.connect_timeout;
  options.session.stale_after = c.stale_after;
  options.session.backoff = {.initial = c.initial_backoff, .max = c.max_backoff};
  options.session.commands_per_second = c.commands_per_second;
  options.session.subscriptions.tickers_per_command =
      static_cast<std::size_t>(c.tickers_per_command);
  pool_ = std::make_unique<ConnectionPool>(options, lanes, metrics_, log_.with("connection"));
}

void GathererApp::make_discovery() {
  const auto& api = config_.api;
  const double tokens = api.read_tokens_per_second.value_or(kBasicTokensPerSecond) * api.read_share;
  rest_ =
      std::make_unique<RestClient>(RestClient::Options{.base_url = api.rest_url,
                                                       .ca_file = api.ca_file,
                                                       .timeout = api.timeout,
                                                       .max_retries = api.max_retries,
                                                       .retry_backoff = api.retry_backoff,
                                                       .tokens_per_second = tokens,
                                                       .bucket_capacity = tokens * kBucketSeconds},
                                   signer_, metrics_, log_.with("rest"));
  discovery_ = std::make_unique<Discovery>(
      Discovery::Options{.reconcile_interval = config_.registry.reconcile_interval,
                         .page_size = config_.registry.page_size,
                         .read_share = api.read_share,
                         .learn_budget = !api.read_tokens_per_second.has_value()},
      *rest_,
      [this](const MarketRegistry::Change& change) {
        pool_->want(change.added);
        pool_->let_go(change.removed);
      },
      [this](const Error& error) {
        give_up(error.remedy == Remedy::kGiveUp ? refused_credentials(error.what)
                                                : out_of_reach(error.what));
      },
      metrics_, log_.with("registry"));
}

// At the start a WebSocket address that answers nobody is a wrong one. Later it is waited for.
void GathererApp::on_unreachable(const std::string& what) {
  constexpr std::size_t kTries = 3;  // of every connection, on average
  if (socket_was_open_ || ++dials_failed_ < kTries * pool_->figures().connections) return;
  give_up({Remedy::kGiveUp, what + " (is api.ws_url right, and does this machine reach it?)"});
}

// Any thread: the process cannot do its work; wait() returns.
void GathererApp::give_up(const Error& error) {
  const MutexLock lock(mutex_);
  if (gave_up_) return;
  gave_up_ = error;
  log_.error("cannot go on", {kv("error", error.what)});
}

// Any writer's thread: a row that its table refuses is kept, as the bytes that were refused.
void GathererApp::reject(const std::string& reason, std::string_view row) {
  RowBatch batch;
  append_quarantine(batch, wall_now(), reason, row);
  router_metrics_.quarantined.add();
  queues_[index_of(Table::kQuarantine)]->push(batch);
}

std::optional<Error> GathererApp::wait(StopSignals& signals) {
  constexpr std::chrono::milliseconds kLook{200};
  while (!signals.wait(kLook)) {
    const MutexLock lock(mutex_);
    if (gave_up_) return gave_up_;
  }
  return std::nullopt;
}

bool GathererApp::stop() {
  log_.info("stopping");
  server_loop_.stop();
  server_thread_.join();
  discovery_->request_stop();
  pool_->stop();
  const auto closed_by = std::chrono::steady_clock::now() + kCloseWait;
  while (!pool_->all_closed() && std::chrono::steady_clock::now() < closed_by) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (auto& lane : lanes_) lane->stop();
  discovery_.reset();  // after the lanes, which announce markets to it
  const auto written_by = std::chrono::steady_clock::now() + kFlushWait;
  bool complete = true;
  for (const auto table : kAllTables) {  // quarantine last: the others may still reject rows
    queues_[index_of(table)]->close();
    complete = writers_[index_of(table)]->finish(written_by) && complete;
  }
  if (!complete) {
    log_.error("the database did not take everything in time; rows were lost",
               {kv("waiting_bytes", budget_.used())});
  }
  log_.info("stopped");
  return complete;
}

HttpResponse GathererApp::answer(const HttpRequest& request) {
  if (request.path() == config_.metrics.path && config_.metrics.enabled) {
    if (ready_) pool_->publish_metrics();
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4",
            .body = metrics_.scrape(),
            .headers = {}};
  }
  if (request.path() == "/health" || request.path() == "/ready") {
    const auto report = health();
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::steady_clock::now() - started_);
    return {.status = health_status(report),
            .content_type = "application/json",
            .body = health_json(version_line("gatherer"), uptime, report),
            .headers = {}};
  }
  return {.status = 404,
          .content_type = "text/plain",
          .body = "there is /health, /ready and " + config_.metrics.path + "\n",
          .headers = {}};
}

HealthReport GathererApp::health() const {
  HealthReport report;
  if (!ready_) {
    report["gatherer"] = {.status = "unhealthy", .detail = "starting", .figures = {}};
    return report;
  }
  std::size_t connected = 0;
  for (const auto& writer : writers_) connected += writer->connected() ? 1U : 0U;
  // A writer connects with its first batch: a table without rows has no session yet.
  report["database"] = {.status = connected > 0 ? "healthy" : "degraded",
                        .detail = connected > 0 ? "" : "nothing written yet, or no connection",
                        .figures = {{"sessions", static_cast<double>(connected)},
                                    {"waiting_bytes", static_cast<double>(budget_.used())}}};
  const auto sockets = pool_->figures();
  const auto open = static_cast<double>(sockets.open);
  const auto all = static_cast<double>(sockets.connections);
  report["sockets"] = {.status = open >= all * 140 / 150   ? "healthy"
                                 : open >= all * 100 / 150 ? "degraded"
                                                           : "unhealthy",
                       .detail = fmt::format("{} of {} open", sockets.open, sockets.connections),
                       .figures = {{"open", open}, {"configured", all}}};
  report["markets"] = {.status = discovery_->markets() > 0 ? "healthy" : "unhealthy",
                       .detail = "",
                       .figures = {{"known", static_cast<double>(discovery_->markets())},
                                   {"held", static_cast<double>(sockets.held)}}};
  return report;
}

}  // namespace kd
