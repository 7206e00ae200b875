#include "connection/session.h"

#include <algorithm>
#include <iterator>

#include "codec/command.h"
#include "connection/reply_policy.h"

namespace kd {
namespace {

constexpr std::chrono::milliseconds kTick{1'000};
constexpr std::chrono::milliseconds kBusyPause{1'000};

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

SessionMetrics::SessionMetrics(MetricsRegistry& r, Role role)
    : messages(r.counter("ws_client_messages_received_total", "WebSocket messages received",
                         {{"role", std::string(name_of(role))}})),
      all_messages(
          r.counter("conn_manager_messages_received_total", "messages of all connections")),
      bytes(r.counter("ws_client_bytes_received_total", "bytes of WebSocket messages received",
                      {{"role", std::string(name_of(role))}})),
      reconnects(r.counter("conn_manager_reconnects_total", "connections dialled again",
                           {{"role", std::string(name_of(role))}})),
      auth_errors(r.counter("ws_client_errors_total", "connection errors", {{"type", "auth"}})),
      connect_errors(
          r.counter("ws_client_errors_total", "connection errors", {{"type", "connect"}})),
      read_errors(r.counter("ws_client_errors_total", "connection errors", {{"type", "read"}})),
      ping_timeouts(
          r.counter("ws_client_errors_total", "connection errors", {{"type", "ping_timeout"}})),
      subscribe_errors(r.counter("conn_manager_subscribe_errors_total", "refused commands",
                                 {{"channel", std::string(name_of(role))}})) {}

Session::Session(EventLoop& loop, Options options, const SessionHooks& hooks,
                 SessionMetrics& metrics, Logger log)
    : loop_(loop),
      options_(std::move(options)),
      hooks_(hooks),
      metrics_(metrics),
      log_(std::move(log)),
      subscriptions_(options_.subscriptions),
      backoff_(options_.backoff),
      random_(std::random_device{}()),
      dial_timer_(loop),
      pump_timer_(loop),
      tick_timer_(loop) {}

Session::~Session() {
  if (socket_ != nullptr) socket_->abandon();
}

void Session::start() {
  dial_timer_.after(hooks_.dial_delay(), [this] { dial(); });
  tick();
}

void Session::stop() {
  stopping_ = true;
  dial_timer_.cancel();
  tick_timer_.cancel();
  pump_timer_.cancel();
  if (socket_ != nullptr) socket_->close();
}

void Session::want(const std::string& ticker) {
  subscriptions_.want(ticker);
  pump();
  publish();
}

void Session::let_go(const std::string& ticker) {
  subscriptions_.let_go(ticker);
  pump();
  publish();
}

void Session::pause_reading() {
  paused_ = true;
  if (socket_ != nullptr) socket_->pause();
}

void Session::resume_reading() {
  paused_ = false;
  if (socket_ != nullptr) socket_->resume();
}

void Session::dial() {
  auto socket = options_.socket;
  socket.headers = hooks_.credentials();
  closed_ = false;
  socket_ = WsClient::open(
      loop_, std::move(socket),
      {.on_open = [this] { opened(); },
       .on_text = [this](std::string_view text, Micros received) { frame(text, received); },
       .on_end = [this](const WsEnd& end) { ended(end); }});
  if (paused_) socket_->pause();
}

void Session::opened() {
  open_ = true;
  ever_open_ = true;
  hooks_.on_open();
  opened_at_ = std::chrono::steady_clock::now();
  log_.debug("connected", {kv("connection", options_.number)});
  if (options_.role == Role::kOrderbook) {
    pump();
  } else {
    subscribe_globals();
  }
}

void Session::subscribe_globals() {
  channels_pending_ = options_.role == Role::kLifecycle ? 2 : 1;
  switch (options_.role) {
    case Role::kTicker:
      return socket_->send(subscribe_all(1, Channel::kTicker));
    case Role::kTrade:
      return socket_->send(subscribe_all(1, Channel::kTrade));
    default:
      socket_->send(subscribe_all(1, Channel::kLifecycle));
      socket_->send(subscribe_all(2, Channel::kComboLifecycle));
  }
}

void Session::ended(const WsEnd& end) {
  const auto reason = drop_reason_.empty() ? end.what : std::exchange(drop_reason_, {});
  open_ = false;
  subscriptions_.on_lost();
  stale_.clear();
  pump_timer_.cancel();
  pump_waits_ = false;
  publish();
  hooks_.on_closed(options_.number, wall_now(), reason);
  closed_ = true;
  if (stopping_) return;
  if (end.kind == WsEnd::Kind::kRefused && (end.code == 401 || end.code == 403)) {
    metrics_.auth_errors.add();
    if (!ever_open_) return hooks_.on_refused(end.what);
    // It was good enough before: a clock that jumped, an edge that errs. Slowly, and with an alarm.
    log_.error("credentials refused; trying again in a while", {kv("error", end.what)});
    return dial_timer_.after(options_.backoff.max, [this] { dial(); });
  }
  (end.kind == WsEnd::Kind::kUnreachable || end.kind == WsEnd::Kind::kRefused
       ? metrics_.connect_errors
       : metrics_.read_errors)
      .add();
  if (!ever_open_) hooks_.on_unreachable(end.what);
  redial();
  log_.warn("connection ended", {kv("connection", options_.number),
                                 kv("role", name_of(options_.role)), kv("reason", reason)});
}

void Session::redial() {
  metrics_.reconnects.add();
  const auto wait = std::max(backoff_.next(random_()), hooks_.dial_delay());
  dial_timer_.after(wait, [this] { dial(); });
}

// Ends the socket ourselves; ended() follows and dials again.
void Session::drop(const std::string& reason) {
  if (drop_reason_.empty()) drop_reason_ = reason;
  socket_->close();
}

void Session::frame(std::string_view text, Micros received) {
  metrics_.messages.add();
  metrics_.all_messages.add();
  metrics_.bytes.add(static_cast<double>(text.size()));
  const auto event = hooks_.on_frame(options_.number, text, received);
  if (event.kind != ControlEvent::Kind::kNone) act_on(event);
}

void Session::act_on(const ControlEvent& event) {
  std::optional<SubscriptionSet::Command> done;
  switch (event.kind) {
    case ControlEvent::Kind::kSubscribed:
      // Only answers prove that the other side works.
      if (--channels_pending_ <= 0) backoff_.reset();
      if (options_.role != Role::kOrderbook) return;
      done = subscriptions_.on_subscribed(event.id.value_or(0), event.sid.value_or(0));
      break;
    case ControlEvent::Kind::kOk:
      done = subscriptions_.on_ok(event.id.value_or(0), event.sid);
      break;
    case ControlEvent::Kind::kError:
      return on_error(event);
    case ControlEvent::Kind::kGap:
      return drop("sequence gap");
    case ControlEvent::Kind::kStale:
      stale_sid_ = event.sid.value_or(0);
      stale_.insert(event.text);
      return;
    default:
      return;
  }
  if (done) record(*done);
  pump();
  publish();
}

void Session::record(const SubscriptionSet::Command& command) {
  const auto& hook =
      command.kind == SubscriptionSet::Command::Kind::kDelete ? hooks_.on_left : hooks_.on_joined;
  hook(options_.number, command.sid, wall_now(), views(command.tickers));
}

// New bases for the books that miss a message. Once a second, one command: when the exchange
// changes a format, every frame asks for one.
void Session::ask_snapshots() {
  constexpr std::int64_t kOutsideOfTheSet = std::int64_t{1} << 40;  // its ids count from 1
  if (stale_.empty()) return;
  std::vector<std::string_view> tickers(stale_.begin(), stale_.end());
  tickers.resize(std::min(tickers.size(), options_.subscriptions.tickers_per_command));
  socket_->send(
      update_subscription(kOutsideOfTheSet, stale_sid_, UpdateAction::kGetSnapshot, tickers));
  stale_.erase(stale_.begin(), std::next(stale_.begin(), std::ssize(tickers)));
}

void Session::on_error(const ControlEvent& event) {
  metrics_.subscribe_errors.add();
  log_.warn("the exchange refused a command",
            {kv("connection", options_.number), kv("role", name_of(options_.role)),
             kv("code", event.code), kv("text", event.text)});
  if (options_.role != Role::kOrderbook) {  // without its channel this socket is of no use
    return drop("error " + std::to_string(event.code) + ": " + event.text);
  }
  switch (reaction_to(event.code, event.names_markets)) {
    case Reaction::kReconnect:
      return drop("error " + std::to_string(event.code) + ": " + event.text);
    case Reaction::kBackOff:
      if (event.id) subscriptions_.on_busy(*event.id);
      pump_waits_ = true;
      return pump_timer_.after(kBusyPause, [this] {
        pump_waits_ = false;
        pump();
      });
    case Reaction::kFull:
      if (const auto excess = subscriptions_.on_full(event.id.value_or(0))) {
        hooks_.on_full(options_.number, excess->tickers);
      }
      return publish();
    case Reaction::kRefused:
      if (event.id) subscriptions_.on_error(*event.id, std::chrono::steady_clock::now());
      pump();
      return publish();
  }
}

// Sends the next command, at most commands_per_second of them.
void Session::pump() {
  if (!open_ || pump_waits_ || options_.role != Role::kOrderbook) return;
  const auto command = subscriptions_.next(std::chrono::steady_clock::now());
  if (!command) return;
  send(*command);
  pump_waits_ = true;
  pump_timer_.after(std::chrono::milliseconds(1'000 / options_.commands_per_second), [this] {
    pump_waits_ = false;
    pump();
  });
}

void Session::send(const SubscriptionSet::Command& command) {
  const auto tickers = views(command.tickers);
  switch (command.kind) {
    case SubscriptionSet::Command::Kind::kSubscribe:
      return socket_->send(subscribe_books(command.id, tickers));
    case SubscriptionSet::Command::Kind::kAdd:
      return socket_->send(
          update_subscription(command.id, command.sid, UpdateAction::kAddMarkets, tickers));
    case SubscriptionSet::Command::Kind::kDelete:
      return socket_->send(
          update_subscription(command.id, command.sid, UpdateAction::kDeleteMarkets, tickers));
  }
}

void Session::tick() {
  const auto now = std::chrono::steady_clock::now();
  if (open_) {
    subscriptions_.expire(now);
    pump();
    ask_snapshots();
    if (options_.role != Role::kOrderbook && channels_pending_ > 0 &&
        now - opened_at_ > options_.subscriptions.answer_timeout) {
      drop("no answer to our subscribe");
    }
    if (!paused_ && now - socket_->last_activity() > options_.stale_after) {
      metrics_.ping_timeouts.add();
      drop("nothing received, not even a ping");
    }
  }
  tick_timer_.after(kTick, [this] { tick(); });
}

void Session::publish() {
  held_ = subscriptions_.held();
  pending_ = subscriptions_.pending();
}

}  // namespace kd
