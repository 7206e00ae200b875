#include "sim/sim_server.h"

#include <algorithm>
#include <utility>

#include "sim/json_text.h"
#include "sim/player.h"
#include "sim/world_control.h"

namespace kd::sim {

namespace {

constexpr std::chrono::seconds kHeartbeat{10};
constexpr std::chrono::milliseconds kTick{50};

}  // namespace

Expected<std::unique_ptr<SimServer>> SimServer::start(EventLoop& loop, Exchange& exchange,
                                                      const Options& options, Logger log) {
  KD_TRY(auto auth, Authenticator::create(options.auth));
  std::unique_ptr<SimServer> self(
      new SimServer(loop, exchange, options, std::move(auth), std::move(log)));
  HttpServer::Handlers handlers;
  handlers.request = [raw = self.get()](const HttpRequest& r) { return raw->on_request(r); };
  handlers.upgrade = [raw = self.get()](const HttpRequest& r) { return raw->on_upgrade(r); };
  KD_TRY(self->server_, HttpServer::start(loop, options.http, std::move(handlers)));
  self->ping_later();
  self->tick_later();
  return self;
}

SimServer::SimServer(EventLoop& loop, Exchange& exchange, const Options& options,
                     Authenticator auth, Logger log)
    : exchange_(exchange),
      options_(options),
      auth_(std::move(auth)),
      rest_(exchange.world, options.rest),
      log_(std::move(log)),
      faults_(exchange, connections_, options.seed),
      heartbeat_(loop),
      ticker_(loop) {
  for (const FaultSpec& fault : options.faults) {
    if (fault.after_ms == 0) faults_.order(fault, real_now_ms());
  }
}

SimServer::~SimServer() { server_.reset(); }

std::size_t SimServer::most_unsent_bytes() const {
  std::size_t most = 0;
  for (const auto& connection : connections_) most = std::max(most, connection->unsent_bytes());
  return most;
}

HttpResponse SimServer::on_request(const HttpRequest& request) {
  if (request.path().starts_with("/sim/")) return on_control(request);
  const std::int64_t real_ms = real_now_ms();
  const auto who = auth_.check(request, real_ms + exchange_.clock.skew());
  if (const FaultSpec* fault = faults_.meet(who.client, request.path())) {
    const Query no_query("");
    const RestCall call{exchange_.world, {}, no_query, exchange_.clock.now(real_ms)};
    return faulty_answer(*fault, get_exchange_status(call).body);
  }
  if (who.verdict == Authenticator::Verdict::kRefused) {
    return nested_error(401, "unauthorized", who.why);
  }
  if (request.path() == kWsPath) return nested_error(400, "bad_request", "not a WebSocket upgrade");
  return rest_.handle(request, who.client, exchange_.clock.now(real_ms), real_ms);
}

HttpResponse SimServer::on_control(const HttpRequest& request) {
  if (request.path() == "/sim/status" && (request.method == "GET" || request.method == "HEAD")) {
    return {200, "application/json", status(), {}};
  }
  if (request.path() == "/sim/stop-emission" && request.method == "POST") {
    if (control_.stop_emission) control_.stop_emission();
    return {200, "application/json", status(), {}};
  }
  if (auto answer = faults_.control(request, real_now_ms())) return std::move(*answer);
  if (auto answer = control_world(request, exchange_.world)) return std::move(*answer);
  return nested_error(404, "not_found", "not found");
}

UpgradeDecision SimServer::on_upgrade(const HttpRequest& request) {
  if (request.path() != kWsPath) return {nested_error(404, "not_found", "not found"), {}};
  const std::int64_t now = real_now_ms();
  const auto who = auth_.check(request, now + exchange_.clock.skew());
  auto met = faults_.meet(who.client);
  if (met && (met->hang_up || met->delay.count() == 0)) return std::move(*met);
  if (who.verdict != Authenticator::Verdict::kKnown) {
    const bool anonymous = who.verdict == Authenticator::Verdict::kAnonymous;
    log_.warn("WebSocket refused", {kv("because", anonymous ? "no credentials" : who.why)});
    return {nested_error(401, "unauthorized", "authentication required"), {}};
  }
  const int client = exchange_.admit(who.client);
  if (client < 0 || !admits(exchange_.clients.at(client), now)) return {too_many_requests(), {}};
  UpgradeDecision decision = met ? std::move(*met) : UpgradeDecision();
  decision.accept = [this, client](std::shared_ptr<WsPeer> peer) {
    return open(client, std::move(peer));
  };
  return decision;
}

bool SimServer::admits(Client& client, std::int64_t now_ms) const {
  if (client.second != now_ms / 1000) {
    client.second = now_ms / 1000;
    client.attempts = 0;
  }
  const bool calm =
      ++client.attempts <= options_.connects_per_second || options_.connects_per_second == 0;
  return calm &&
         (options_.connections_per_user == 0 || client.connected < options_.connections_per_user);
}

WsHandlers SimServer::open(int client, std::shared_ptr<WsPeer> peer) {
  connections_.push_back(
      std::make_unique<Connection>(exchange_, client, faults_.next_number(), std::move(peer)));
  const auto at = std::prev(connections_.end());
  Connection* connection = at->get();
  faults_.opened(*connection);
  return {[connection](std::string_view text) { connection->on_text(text); },
          {},
          [this, at] { connections_.erase(at); }};
}

void SimServer::ping_later() {
  heartbeat_.after(kHeartbeat, [this] {
    for (const auto& connection : connections_) connection->ping();
    ping_later();
  });
}

void SimServer::tick_later() {
  ticker_.after(kTick, [this] {
    const std::int64_t now = real_now_ms();
    order_later_faults(now);
    faults_.tick(now);
    exchange_.tick(now);
    tick_later();
  });
}

void SimServer::order_later_faults(std::int64_t now_ms) {
  const bool begun = control_.state && control_.state() != "waiting";
  if (!begun || later_ordered_) return;
  later_ordered_ = true;
  for (const FaultSpec& fault : options_.faults) {
    if (fault.after_ms > 0) faults_.order(fault, now_ms);
  }
}

std::string SimServer::status() {
  const std::int64_t now = exchange_.clock.now(real_now_ms());
  const Emitted& emitted = exchange_.emitted();
  std::string out;
  JsonObject object(out);
  object.text("state", control_.state ? control_.state() : "waiting");
  object.key("clients").push_back('[');
  const auto& clients = exchange_.clients.all();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i > 0) out.push_back(',');
    JsonObject client(out);
    client.text("id", clients[i].id).number("connected", clients[i].connected);
    client.boolean("ready", exchange_.ready(static_cast<int>(i), now)).close();
  }
  out.push_back(']');
  JsonObject counts(object.key("emitted"));
  counts.number("deltas", static_cast<std::int64_t>(emitted.deltas));
  counts.number("trades", static_cast<std::int64_t>(emitted.trades));
  counts.number("snapshots", static_cast<std::int64_t>(emitted.snapshots));
  counts.number("tickers", static_cast<std::int64_t>(emitted.tickers));
  counts.number("lifecycle", static_cast<std::int64_t>(emitted.lifecycle)).close();
  const auto total = std::max<std::uint64_t>(1, emitted.total());
  object.raw("share_watched", fmt::format("{:.6f}", static_cast<double>(emitted.watched) /
                                                        static_cast<double>(total)));
  object.number("unsent_bytes", static_cast<std::int64_t>(most_unsent_bytes()));
  object.number("clock_ms", now).close();
  return out;
}

}  // namespace kd::sim
