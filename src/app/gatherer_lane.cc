#include "app/gatherer_lane.h"

namespace kd {

GathererLane::GathererLane(Options options, Ports ports, const Interner& tickers,
                           RouterMetrics& metrics)
    : watermark_interval_(options.watermark_interval),
      ports_(std::move(ports)),
      tickers_(tickers),
      router_(std::move(options.router), ports_.hand_over, metrics),
      timer_(loop_) {
  connect_router();
}

void GathererLane::connect_router() {
  using Markets = SessionHooks::Markets;
  hooks_.on_frame = [this](std::int32_t connection, std::string_view text, Micros received) {
    if (ports_.tape != nullptr) {
      ports_.tape->frame(connection, text, received, std::chrono::steady_clock::now());
    }
    return router_.on_frame(connection, text, received);
  };
  hooks_.on_open = [this](std::int32_t connection, Role role, Micros at) {
    ports_.on_open();
    if (ports_.tape == nullptr) return;
    ports_.tape->opened(connection, name_of(role), at, std::chrono::steady_clock::now());
  };
  hooks_.on_sent = [this](std::int32_t connection, std::string_view text, Micros at) {
    if (ports_.tape == nullptr) return;
    ports_.tape->sent(connection, text, at, std::chrono::steady_clock::now());
  };
  hooks_.on_closed = [this](std::int32_t connection, Micros at, std::string_view reason) {
    if (ports_.tape != nullptr) {
      ports_.tape->closed(connection, reason, at, std::chrono::steady_clock::now());
    }
    router_.connection_closed(connection, at, reason);
  };
  hooks_.on_stream_ended = [this](std::int32_t connection, std::int64_t sid, Micros at,
                                  std::string_view reason) {
    router_.stream_ended(connection, sid, at, reason);
  };
  hooks_.on_joined = [this](std::int32_t connection, std::int64_t sid, Micros at, Markets markets) {
    router_.joined(connection, sid, at, names(markets));
  };
  hooks_.on_left = [this](std::int32_t connection, std::int64_t sid, Micros at, Markets markets) {
    router_.left(connection, sid, at, names(markets));
  };
  hooks_.on_gone = [this](std::int32_t connection, std::int64_t sid, Micros at, Markets markets) {
    router_.gone(connection, sid, at, names(markets));
  };
  hooks_.without_base = [this](std::int32_t connection, std::int64_t sid, Markets markets) {
    return router_.without_base(connection, sid, markets);
  };
  hooks_.on_healed = [this](std::int32_t connection, std::int64_t sid, Micros at, Markets markets) {
    router_.healed(connection, sid, at, names(markets));
  };
  hooks_.on_unanswered = [this](std::int32_t connection, std::int64_t sid, Micros at,
                                Markets markets) {
    router_.unanswered(connection, sid, at, names(markets));
  };
}

const std::vector<std::string_view>& GathererLane::names(std::span<const Interner::Id> markets) {
  names_.clear();
  for (const auto market : markets) names_.push_back(tickers_.name(market));
  return names_;
}

GathererLane::~GathererLane() {
  if (thread_.joinable()) stop();
}

void GathererLane::start() {
  tick();
  thread_ = std::jthread([this] { loop_.run(); });
}

void GathererLane::stop() {
  loop_.post([this] {
    timer_.cancel();
    const auto now = wall_now();
    router_.close_all(now, "stopped before its socket had closed");
    router_.flush();
    prove(now);
    loop_.stop();
  });
  thread_.join();
}

void GathererLane::judge_legs(std::int32_t connection, std::int64_t stream_id, LegVerdict verdict) {
  loop_.post([this, connection, stream_id, verdict] {
    router_.legs_judged(connection, stream_id, verdict, wall_now());
  });
}

void GathererLane::tick() {
  const auto now = wall_now();
  if (now - looked_at_streams_ > kLookAtStreams) {
    looked_at_streams_ = now;
    router_.tick(now);
  }
  router_.flush();
  if (now - proved_ >= watermark_interval_) prove(now);
  timer_.after(kFlush, [this] { tick(); });
}

void GathererLane::prove(Micros now) {
  proved_ = now;
  if (auto proofs = router_.take_proofs(); !proofs.empty()) ports_.prove(std::move(proofs), now);
}

}  // namespace kd
