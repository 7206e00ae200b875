#include "sim/sim_server.h"

#include <algorithm>
#include <utility>

#include "sim/json_text.h"
#include "sim/player.h"

namespace kd::sim {

namespace {

constexpr std::chrono::seconds kHeartbeat{10};
constexpr std::string_view kHeartbeatPayload = "heartbeat";

}  // namespace

// One WebSocket: ties a session to its socket.
class SimServer::Connection final : public SessionPort {
 public:
  Connection(Exchange& exchange, int client, std::shared_ptr<WsPeer> peer)
      : exchange_(exchange), client_(client), peer_(std::move(peer)) {
    session_ = exchange_.open_session(*this, client);
  }
  ~Connection() override { exchange_.close_session(std::move(session_)); }

  void send(std::string_view head, std::string_view tail) override { peer_->send(head, tail); }
  std::size_t unsent_bytes() const override { return peer_->buffered_bytes(); }
  std::int64_t now_ms() const override { return exchange_.clock.now(real_now_ms()); }
  void snapshot_answered(MarketIndex market, std::int64_t sending_ms) override {
    exchange_.snapshot_answered(market, sending_ms, client_);
  }

  void on_text(std::string_view text) { session_->on_command(text, real_now_ms()); }
  void ping() { peer_->ping(kHeartbeatPayload); }

 private:
  Exchange& exchange_;
  const int client_;
  const std::shared_ptr<WsPeer> peer_;
  std::unique_ptr<Session> session_;
};

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
  return self;
}

SimServer::SimServer(EventLoop& loop, Exchange& exchange, const Options& options,
                     Authenticator auth, Logger log)
    : exchange_(exchange),
      options_(options),
      auth_(std::move(auth)),
      rest_(exchange.world, options.rest),
      log_(std::move(log)),
      heartbeat_(loop) {}

SimServer::~SimServer() { server_.reset(); }

std::size_t SimServer::most_unsent_bytes() const {
  std::size_t most = 0;
  for (const auto& connection : connections_) most = std::max(most, connection->unsent_bytes());
  return most;
}

HttpResponse SimServer::on_request(const HttpRequest& request) {
  if (request.path().starts_with("/sim/")) return on_control(request);
  const std::int64_t real_ms = real_now_ms();
  const auto who = auth_.check(request, real_ms);
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
  return nested_error(404, "not_found", "not found");
}

UpgradeDecision SimServer::on_upgrade(const HttpRequest& request) {
  if (request.path() != kWsPath) return {nested_error(404, "not_found", "not found"), {}};
  const std::int64_t now = real_now_ms();
  const auto who = auth_.check(request, now);
  if (who.verdict != Authenticator::Verdict::kKnown) {
    const bool anonymous = who.verdict == Authenticator::Verdict::kAnonymous;
    log_.warn("WebSocket refused", {kv("because", anonymous ? "no credentials" : who.why)});
    return {nested_error(401, "unauthorized", "authentication required"), {}};
  }
  const int client = exchange_.admit(who.client);
  if (client < 0 || !admits(exchange_.clients.at(client), now)) return {too_many_requests(), {}};
  return {{},
          [this, client](std::shared_ptr<WsPeer> peer) { return open(client, std::move(peer)); }};
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
  connections_.push_back(std::make_unique<Connection>(exchange_, client, std::move(peer)));
  const auto at = std::prev(connections_.end());
  Connection* connection = at->get();
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

std::string SimServer::status() const {
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
