#include "connection/session.h"

#include <algorithm>
#include <utility>

#include "connection/global_conversation.h"
#include "connection/redial_policy.h"

namespace kd {
namespace {

constexpr std::chrono::milliseconds kImpatience{20};

std::unique_ptr<BookConversation> book_conversation(const Session::Options& options,
                                                    const Session::Shared& shared,
                                                    const SessionHooks& hooks,
                                                    SessionMetrics& metrics, const Logger& log) {
  return std::make_unique<BookConversation>(
      BookConversation::Options{.connection = options.number,
                                .subscriptions = options.subscriptions,
                                .resync = options.resync,
                                .silence = options.silence,
                                .first_look = options.first_look,
                                .self_checks_per_minute = options.self_checks_per_minute},
      shared.books, hooks, metrics, log);
}

}  // namespace

Session::Session(EventLoop& loop, Options options, const Shared& shared, const SessionHooks& hooks,
                 SessionMetrics& metrics, Logger log)
    : loop_(loop),
      options_(std::move(options)),
      shared_(shared),
      hooks_(hooks),
      metrics_(metrics),
      log_(std::move(log)),
      backoff_(options_.backoff),
      random_(std::random_device{}()),
      dial_timer_(loop),
      pump_timer_(loop),
      tick_timer_(loop) {
  if (options_.role == Role::kOrderbook) {
    auto books = book_conversation(options_, shared_, hooks_, metrics_, log_);
    books_ = books.get();
    conversation_ = std::move(books);
  } else {
    GlobalConversation::Options global;
    global.connection = options_.number;
    global.role = options_.role;
    global.answer_timeout = options_.subscriptions.answer_timeout;
    conversation_ = std::make_unique<GlobalConversation>(global, hooks_, metrics_, log_);
  }
}

Session::~Session() {
  if (socket_ != nullptr) socket_->abandon();
}

void Session::start() {
  wait_for_turn();
  tick();
}

void Session::stop() {
  stopping_ = true;
  dial_timer_.cancel();
  tick_timer_.cancel();
  pump_timer_.cancel();
  if (socket_ != nullptr) socket_->close();
}

// First the gate that refused credentials close, then the pace of all dials together.
void Session::wait_for_turn() {
  constexpr std::chrono::milliseconds kLook{1'000};
  const auto now = std::chrono::steady_clock::now();
  if (!shared_.gate.may_dial(options_.number, now)) {
    return dial_timer_.after(kLook, [this] { wait_for_turn(); });
  }
  dial_timer_.after(shared_.pacer.next(now), [this] { dial(); });
}

void Session::dial() {
  if (down_since_ == 0) {
    down_since_ = std::chrono::steady_clock::now().time_since_epoch().count();
  }
  auto socket = options_.socket;
  socket.headers = hooks_.credentials();
  closed_ = false;
  socket_ = WsClient::open(
      loop_, std::move(socket),
      {.on_open = [this] { opened(); },
       .on_text = [this](std::string_view text, Micros received) { frame(text, received); },
       .on_end = [this](const WsEnd& end) { ended(end); }});
}

void Session::opened() {
  const auto now = Moment::now();
  open_ = true;
  ever_open_ = true;
  down_since_ = 0;
  last_ping_us_ = to_us(now.wall);
  heard_ = now.steady;
  shared_.gate.passed();
  hooks_.on_open(options_.number, options_.role, now.wall);
  log_.debug("connected", {kv("connection", options_.number)});
  conversation_->opened(now);
  pump();
}

void Session::ended(const WsEnd& end) {
  const auto reason = drop_reason_.empty() ? end.what : std::exchange(drop_reason_, {});
  open_ = false;
  if (down_since_ == 0) {
    down_since_ = std::chrono::steady_clock::now().time_since_epoch().count();
  }
  pump_timer_.cancel();
  pump_waits_ = false;
  hooks_.on_closed(options_.number, wall_now(), reason);
  conversation_->lost();
  conversation_->take_verdict();
  publish();
  closed_ = true;
  if (stopping_) return;
  if (end.kind == WsEnd::Kind::kRefused && (end.code == 401 || end.code == 403)) {
    return refused_credentials(end);
  }
  shared_.gate.undecided(options_.number);
  count_end(end);
  if (!ever_open_) hooks_.on_unreachable(end.what);
  redial(end);
  log_.warn("connection ended", {kv("connection", options_.number),
                                 kv("role", name_of(options_.role)), kv("reason", reason)});
}

// Before they were ever taken they are wrong. Afterwards it may be a clock that jumped or an edge
// that errs: one connection tries for all, slowly, and with an alarm.
void Session::refused_credentials(const WsEnd& end) {
  metrics_.auth_errors.add();
  const bool news = shared_.gate.refused(std::chrono::steady_clock::now());
  if (!shared_.gate.ever_open()) return hooks_.on_refused(end.what);
  if (news) log_.error("credentials refused; trying again in a while", {kv("error", end.what)});
  metrics_.reconnects.add();
  wait_for_turn();
}

void Session::count_end(const WsEnd& end) {
  if (end.too_big) {
    metrics_.dropped.add();
    metrics_.all_dropped.add();
  }
  const bool connecting =
      end.kind == WsEnd::Kind::kUnreachable || end.kind == WsEnd::Kind::kRefused;
  (connecting     ? metrics_.connect_errors
   : end.on_write ? metrics_.write_errors
                  : metrics_.read_errors)
      .add();
}

void Session::redial(const WsEnd& end) {
  metrics_.reconnects.add();
  const auto wait =
      redial_wait(end.kind, end.code, shared_.damped, backoff_.next(random_()), random_());
  dial_timer_.after(wait, [this] { wait_for_turn(); });
}

// Ends the socket ourselves; ended() follows and dials again.
void Session::drop(const std::string& reason) {
  if (drop_reason_.empty()) drop_reason_ = reason;
  socket_->close();
}

void Session::frame(std::string_view text, Micros received) {
  ++frames_;
  bytes_ += text.size();
  const auto event = hooks_.on_frame(options_.number, text, received);
  if (event.kind == ControlEvent::Kind::kNone && !event.gap) return;
  conversation_->on_event(event, Moment::now());
  heed();
  if (event.kind != ControlEvent::Kind::kSnapshot) publish();
}

// After something happened in the conversation.
void Session::heed() {
  if (const auto verdict = conversation_->take_verdict()) return drop(*verdict);
  if (conversation_->take_success()) backoff_.reset();
  pump();
}

// Says the next thing, at most commands_per_second of them.
void Session::pump() {
  if (!open_ || pump_waits_ || stopping_ || !drop_reason_.empty()) return;
  if (auto text = conversation_->next_text(Moment::now())) {
    metrics_.bytes_sent.add(static_cast<double>(text->size()));
    hooks_.on_sent(options_.number, *text, wall_now());
    socket_->send(*std::move(text));
    return arm_pump(std::chrono::milliseconds(std::max(1, 1'000 / options_.commands_per_second)));
  }
  if (conversation_->impatient()) arm_pump(kImpatience);
}

void Session::arm_pump(std::chrono::milliseconds delay) {
  pump_waits_ = true;
  pump_timer_.after(delay, [this] {
    pump_waits_ = false;
    pump();
  });
}

void Session::tick() {
  const auto now = Moment::now();
  listen(now.steady);
  if (open_) {
    conversation_->tick(now, heard_);
    heed();
    if (now.steady - socket_->last_activity() > options_.stale_after) {
      metrics_.ping_timeouts.add();
      drop("nothing received, not even a ping");
    }
  }
  publish();
  tick_timer_.after(options_.tick, [this] { tick(); });
}

// What came since the last tick. While we do not read, silence is not the other side's.
void Session::listen(Time now) {
  const auto frames = frames_ - std::exchange(frames_counted_, frames_);
  if (frames > 0) heard_ = now;
  if (frames > 0) {
    metrics_.messages.add(static_cast<double>(frames));
    metrics_.all_messages.add(static_cast<double>(frames));
    metrics_.all_forwarded.add(static_cast<double>(frames));
    metrics_.bytes.add(static_cast<double>(std::exchange(bytes_, 0)));
  }
  if (open_) {
    if (const auto ping = socket_->last_ping()) last_ping_us_ = to_us(*ping);
  }
}

void Session::publish() {
  if (books_ != nullptr) held_ = books_->subscriptions().held();
}

std::optional<Session::Time> Session::down_since() const {
  const auto since = down_since_.load(std::memory_order_relaxed);
  if (since == 0) return std::nullopt;
  return Time(Time::duration(since));
}

std::optional<Micros> Session::last_ping() const {
  if (!is_open()) return std::nullopt;
  return micros_from_us(last_ping_us_.load(std::memory_order_relaxed));
}

}  // namespace kd
