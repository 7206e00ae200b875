#include "app/gatherer_app.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/api_client.h"
#include "app/connect_options.h"
#include "app/gatherer_recovery.h"
#include "app/maintenance_metrics.h"
#include "app/storage_options.h"
#include "base/version.h"
#include "codec/gatherer_rows.h"
#include "connection/health.h"
#include "writer/disk_space.h"

namespace kd {
namespace {

constexpr std::chrono::seconds kCloseWait{5};
constexpr std::chrono::seconds kSideAnswerTimeout{10};  // below the 30 s a stop may take

Error refused_credentials(const std::string& what) {
  return {Remedy::kGiveUp, what +
                               ": the exchange refused our credentials; check api.key_id, "
                               "api.private_key_file and this machine's clock"};
}

Error out_of_reach(const std::string& what) {
  return {Remedy::kGiveUp, what + " (is api.rest_url right, and does this machine reach it?)"};
}

HttpResponse text_answer(int status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body), .headers = {}};
}

// The value of `name` in a query "a=1&b=2"; empty when it is not there.
std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

// `standard` where the query does not say; nothing for what is no number up to `most`.
std::optional<std::size_t> query_number(std::string_view query, std::string_view name,
                                        std::size_t standard, std::size_t most) {
  const auto text = query_value(query, name);
  if (text.empty()) return standard;
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

}  // namespace

GathererApp::GathererApp(GathererConfig config, Logger log)
    : config_(std::move(config)),
      log_(std::move(log)),
      next_stream_id_(to_us(wall_now())),
      store_(config_, metrics_, log_.with("writer"),
             [this](const Error& error) { give_up(error); }) {}

GathererApp::~GathererApp() { server_loop_.stop(); }

Expected<void> GathererApp::start() {
  KD_TRY(universe_, UniverseRules::parse(config_.universe.include, config_.universe.exclude,
                                         config_.universe.combos));
  universe_ = universe_.shard(config_.shard.index, config_.shard.count);
  KD_DO(load_key());
  KD_DO(store_.check_database());
  KD_DO(serve());
  KD_DO(store_.start());
  recover_from_tape();
  KD_DO(make_tape());
  make_rest();
  make_lanes();
  make_poller();
  make_registry();
  make_pool();
  for (auto& lane : lanes_) lane->start();
  registry_->start();
  pool_->start();
  if (poller_ != nullptr) poller_->start();
  make_inbox();
  make_maintenance();
  ready_ = true;
  log_.info(
      "started",
      {kv("gatherer", config_.gatherer_id), kv("version", version_line("gatherer")),
       kv("health", fmt::format("http://{}:{}/health", config_.server.host, server_->port()))});
  return {};
}

Expected<void> GathererApp::load_key() {
  KD_TRY(signer_, signer_of(config_.api));
  return {};
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

void GathererApp::recover_from_tape() {
  using LastEnd = GathererStore::LastEnd;
  if (!config_.tape.enabled || store_.last_end() == LastEnd::kNone ||
      store_.last_end() == LastEnd::kStopped) {
    return;
  }
  if (store_.last_end() == LastEnd::kFlipped) {
    return log_.warn(
        "the last process's tape is not decoded again: it had stopped streams for "
        "their legs; see 'kalshi-data tape decode'");
  }
  auto options = router_options(0);
  options.on_lifecycle = [](const LifecycleEvent&, bool) {};
  options.ask_legs = {};
  options.on_gap = {};
  TapeRecovery({.directory = config_.tape.dir,
                .gatherer_id = config_.gatherer_id,
                .router = std::move(options)},
               store_, router_metrics_, log_.with("tape"))
      .run();
}

Expected<void> GathererApp::make_tape() {
  if (!config_.tape.enabled) return {};
  TapeWriter::Options options;
  options.gatherer_id = config_.gatherer_id;
  options.directory = config_.tape.dir;
  options.segment_bytes = config_.tape.segment_bytes;
  options.keep = config_.tape.keep;
  tape_ = std::make_unique<TapeWriter>(
      options, metrics_, log_.with("tape"),
      TapeWriter::Hooks{.disk_full = [this] { return tape_disk_is_full(); },
                        .on_lost = [this](const TapeLoss& loss) { on_tape_loss(loss); }});
  for (int i = 0; i < config_.connections.io_threads; ++i) feeds_.push_back(&tape_->add_lane());
  return tape_->start();
}

bool GathererApp::tape_disk_is_full() const {
  const auto disk = probe_disk(config_.tape.dir);
  return disk && disk->used_percent() > config_.retention.disk_high_watermark_percent;
}

// Rows are stored all the same; what is gone is the means to decode these frames again.
void GathererApp::on_tape_loss(const TapeLoss& loss) {
  auto event = process_event("drop", wall_now());
  event.from = loss.from;
  event.to = loss.to;
  event.count = static_cast<std::int64_t>(loss.frames);
  event.reason = "frames not on the tape";
  store_.note(event);
}

void GathererApp::make_rest() { rest_ = make_rest_client(config_.api, signer_, metrics_, log_); }

void GathererApp::make_lanes() {
  for (int i = 0; i < config_.connections.io_threads; ++i) make_lane(lanes_.size());
}

void GathererApp::make_lane(std::size_t index) {
  auto& lane = lanes_.emplace_back(std::make_unique<GathererLane>(
      GathererLane::Options{.router = router_options(index),
                            .watermark_interval = config_.watermark_interval},
      GathererLane::Ports{
          .hand_over = [this](Table table, RowBatch& batch) { store_.push(table, batch); },
          .prove = [this, index](std::vector<StreamProof> proofs,
                                 Micros at) { store_.prove(index, std::move(proofs), at); },
          .tape = tape_ != nullptr ? feeds_[index] : nullptr,
          .on_open = [this] { socket_was_open_ = true; }},
      tickers_, router_metrics_));
  connect_sessions(lane->hooks());
}

Router::Options GathererApp::router_options(std::size_t lane) {
  Router::Options options;
  for (const auto table : kAllTables) {
    options.batch_rows[index_of(table)] = batch_rows_of(config_, table);
  }
  options.tickers = &tickers_;
  options.heard = &heard_;
  options.next_stream_id = [this] { return next_stream_id_.fetch_add(1); };
  options.on_lifecycle = [this](const LifecycleEvent& event, bool combo) {
    registry_->on_lifecycle(event.ticker, event.event_type, event.payload, combo);
  };
  if (!universe_.everything()) {
    options.selects = [this](std::string_view ticker, Channel channel) {
      return universe_.wants(ticker, channel);
    };
  }
  if (config_.snapshot_poller.enabled) {
    options.ask_legs = [this, lane](Router::LegQuestion question) {
      ask_legs(lane, std::move(question));
    };
  }
  options.on_flipped = [this](const StreamPlace& place) { on_flipped(place); };
  options.on_gap = [this](Channel channel) {
    const bool lifecycle = channel == Channel::kLifecycle || channel == Channel::kComboLifecycle;
    if (lifecycle) registry_->reconcile_soon();
  };
  return options;
}

void GathererApp::connect_sessions(SessionHooks& hooks) {
  hooks.credentials = [this] {
    UrlParts url;
    split_url(config_.api.ws_url, url);
    return signer_->headers("GET", url.path, wall_now());
  };
  hooks.on_unreachable = [this](const std::string& what) { on_unreachable(what); };
  hooks.on_refused = [this](const std::string& what) { give_up(refused_credentials(what)); };
}

void GathererApp::ask_legs(std::size_t lane, Router::LegQuestion question) {
  auto ticker = question.ticker;
  const auto judge = [this, lane, question = std::move(question)](const Expected<RestBook>& book) {
    lanes_[lane]->judge_legs(question.connection, question.stream_id,
                             book ? compare_legs(question.no, book->no) : LegVerdict::kUndecided);
  };
  poller_->fetch_now(std::move(ticker), judge);
}

void GathererApp::make_poller() {
  const auto& p = config_.snapshot_poller;
  if (!p.enabled) return;
  poller_ = std::make_unique<SnapshotPoller>(
      SnapshotPoller::Options{
          .interval = p.interval,
          .concurrency = static_cast<std::size_t>(p.concurrency),
          .request_timeout = p.request_timeout,
          .phase = p.phase.value_or(SnapshotPoller::phase_of(config_.gatherer_id))},
      tickers_, *rest_,
      SnapshotPoller::Hooks{
          .hand_over = [this](Table table, RowBatch& batch) { store_.push(table, batch); },
          .quarantine = [this](const std::string& reason,
                               std::string_view raw) { store_.quarantine(reason, raw); }},
      metrics_, log_.with("poller"));
}

void GathererApp::make_registry() {
  Registry::Options options;
  options.reconcile_interval = config_.registry.reconcile_interval;
  options.status_interval = config_.registry.status_interval;
  options.page_size = config_.registry.page_size;
  options.read_share = config_.api.read_share;
  options.learn_budget = !config_.api.read_tokens_per_second.has_value();
  options.rules = universe_;
  Registry::Hooks hooks;
  hooks.wanted = [this](const MarketTable::Change& change) {
    pool_->want(change.added);
    pool_->let_go(change.removed);
  };
  hooks.open = [this](const MarketTable::Change& change) {
    if (poller_ == nullptr) return;
    poller_->add(change.added);
    poller_->remove(change.removed);
  };
  hooks.heard = [this](Interner::Id market, Micros since) { return heard_.since(market, since); };
  hooks.refused = [this](const Error& error) {
    give_up(error.remedy == Remedy::kGiveUp ? refused_credentials(error.what)
                                            : out_of_reach(error.what));
  };
  registry_ = std::make_unique<Registry>(std::move(options), tickers_, *rest_, std::move(hooks),
                                         metrics_, log_.with("registry"));
}

void GathererApp::make_pool() {
  const auto& c = config_.connections;
  std::vector<ConnectionPool::Lane> lanes;
  lanes.reserve(lanes_.size());
  for (auto& lane : lanes_) lanes.push_back({lane->loop(), lane->hooks()});
  ConnectionPool::Options options;
  options.ticker = c.ticker;
  options.trade = c.trade;
  options.lifecycle = c.lifecycle;
  options.orderbook = c.orderbook;
  options.markets_per_connection = static_cast<std::size_t>(c.markets_per_connection);
  options.seed = config_.gatherer_id;
  options.dial_rate = c.dial_rate;
  options.snapshots_in_flight = static_cast<std::size_t>(c.snapshots_in_flight);
  auto& session = options.session;
  session.socket.url = config_.api.ws_url;
  session.socket.ca_file = config_.api.ca_file;
  session.socket.connect_timeout = c.connect_timeout;
  session.socket.deflate = c.deflate;
  session.stale_after = c.stale_after;
  session.backoff = {.initial = c.initial_backoff, .max = c.max_backoff};
  session.commands_per_second = c.commands_per_second;
  session.subscriptions.tickers_per_command = static_cast<std::size_t>(c.tickers_per_command);
  session.self_checks_per_minute = config_.self_check.markets_per_minute;
  pool_ =
      std::make_unique<ConnectionPool>(options, lanes, tickers_, metrics_, log_.with("connection"));
}

void GathererApp::make_inbox() {
  ResyncInbox::Hooks hooks;
  hooks.renew = [this](const std::vector<std::string>& tickers) {
    std::vector<Interner::Id> known;
    for (const auto& ticker : tickers) {
      const auto id = tickers_.find(ticker);
      if (id != Interner::kNone) known.push_back(id);
    }
    pool_->renew(known);
  };
  hooks.replace = [this](std::int32_t connection, const std::string& reason) {
    pool_->replace(connection, reason);
  };
  ResyncInbox::Options options;
  options.connect = connect_options(config_.database, "kalshi " + config_.gatherer_id);
  options.connect.answer_timeout = kSideAnswerTimeout;
  inbox_ = std::make_unique<ResyncInbox>(std::move(options), std::move(hooks), log_.with("inbox"));
}

void GathererApp::make_maintenance() {
  maintenance_ = std::make_unique<Maintenance>(maintenance_of(config_), log_.with("maintenance"));
  maintenance_->start();
}

// At the start a WebSocket address that answers nobody is a wrong one. Later it is waited for.
void GathererApp::on_unreachable(const std::string& what) {
  constexpr std::size_t kTries = 3;  // of every connection, on average
  if (socket_was_open_ || ++dials_failed_ < kTries * pool_->figures().connections) return;
  give_up({Remedy::kGiveUp, what + " (is api.ws_url right, and does this machine reach it?)"});
}

void GathererApp::on_flipped(const StreamPlace& place) {
  ++flipped_streams_;
  log_.error(
      "a stream prices the no side in the yes leg and is not recorded any more",
      {kv("connection", place.connection), kv("sid", place.sid), kv("stream", place.stream_id)});
}

// Any thread: the process cannot do its work; wait() returns.
void GathererApp::give_up(const Error& error) {
  const MutexLock lock(mutex_);
  if (gave_up_) return;
  gave_up_ = error;
  log_.error("cannot go on", {kv("error", error.what)});
}

std::optional<Error> GathererApp::wait(StopSignals& signals) {
  constexpr std::chrono::milliseconds kLook{200};
  while (!signals.wait(kLook)) {
    pool_->set_exchange_paused(registry_->exchange_paused());
    if (const auto now = rest_->exchange_now()) store_.exchange_clock().note(to_us(*now));
    const MutexLock lock(mutex_);
    if (gave_up_) return gave_up_;
  }
  return std::nullopt;
}

bool GathererApp::stop() {
  log_.info("stopping");
  inbox_->request_stop();
  std::jthread upkeep([this] { maintenance_->stop(); });  // may wait for a statement
  server_loop_.stop();
  server_thread_.join();
  registry_->request_stop();
  if (poller_ != nullptr) poller_->request_stop();
  pool_->stop();
  const auto closed_by = std::chrono::steady_clock::now() + kCloseWait;
  while (!pool_->all_closed() && std::chrono::steady_clock::now() < closed_by) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (auto& lane : lanes_) lane->stop();
  registry_.reset();  // after the lanes, which tell it of events
  poller_.reset();    // after the lanes and the registry, which ask it
  rest_.reset();
  if (tape_ != nullptr) tape_->stop();
  store_.note(process_event("stop", wall_now()));
  const bool complete = store_.finish();
  inbox_.reset();
  upkeep.join();
  log_.info("stopped");
  return complete;
}

void GathererApp::publish_metrics() {
  pool_->publish_metrics();
  publish_maintenance(maintenance_->status(), metrics_);
}

HttpResponse GathererApp::answer(const HttpRequest& request) {
  if (request.path() == config_.metrics.path && config_.metrics.enabled) {
    if (ready_) publish_metrics();
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
  if (request.path() == "/debug/markets" && ready_) return debug_markets(request);
  if (request.path() == "/debug/handovers" && ready_) return debug_handovers(request);
  return text_answer(404, "there is /health, /ready, /debug/markets, /debug/handovers and " +
                              config_.metrics.path + "\n");
}

// POST: begins to move `count` markets to other sockets, make before break.
HttpResponse GathererApp::debug_handovers(const HttpRequest& request) {
  constexpr std::size_t kMost = 1'000;
  std::size_t begun = 0;
  if (request.method == "POST") {
    const auto count = query_number(request.query(), "count", 100, kMost);
    if (!count) return text_answer(400, fmt::format("count: a number up to {}\n", kMost));
    begun = pool_->move_markets(*count);
  }
  const auto figures = pool_->figures();
  return {.status = 200,
          .content_type = "application/json",
          .body = fmt::format(R"({{"begun":{},"under_way":{},"done":{}}})", begun,
                              figures.handovers, figures.handovers_done),
          .headers = {}};
}

HttpResponse GathererApp::debug_markets(const HttpRequest& request) const {
  constexpr std::size_t kMost = 1'000;
  const auto limit = query_number(request.query(), "limit", 100, kMost);
  if (!limit) return text_answer(400, fmt::format("limit: a number up to {}\n", kMost));
  return {.status = 200,
          .content_type = "application/json",
          .body = registry_->debug(*limit, query_value(request.query(), "prefix")),
          .headers = {}};
}

HealthReport GathererApp::health() const {
  HealthReport report;
  if (!ready_) {
    report["gatherer"] = {.status = "unhealthy", .detail = "starting", .figures = {}};
    return report;
  }
  report["database"] = store_.database_health();
  report["spill"] = store_.spill_health();
  const auto sockets = pool_->figures();
  report["sockets"] = {.status = std::string(socket_health(sockets.open, sockets.connections,
                                                           config_.connections.min_healthy)),
                       .detail = fmt::format("{} of {} open", sockets.open, sockets.connections),
                       .figures = {{"open", static_cast<double>(sockets.open)},
                                   {"configured", static_cast<double>(sockets.connections)}}};
  const auto flipped = flipped_streams_.load();
  report["streams"] = {
      .status = flipped == 0 ? "healthy" : "unhealthy",
      .detail = flipped == 0 ? "" : "streams were stopped: their prices are in the wrong leg",
      .figures = {{"flipped", static_cast<double>(flipped)}}};
  report["markets"] = {.status = registry_->markets() > 0 ? "healthy" : "unhealthy",
                       .detail = registry_->exchange_paused() ? "the exchange is paused" : "",
                       .figures = {{"known", static_cast<double>(registry_->markets())},
                                   {"wanted", static_cast<double>(sockets.wanted)},
                                   {"held", static_cast<double>(sockets.held)}}};
  return report;
}

}  // namespace kd
