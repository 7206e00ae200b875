#include "app/gatherer_lane.h"

namespace kd {

GathererLane::GathererLane(Router::Options options, Router::HandOver hand_over,
                           RouterMetrics& metrics, const ByteBudget& budget,
                           std::function<void(bool paused)> pause_reading)
    : router_(std::move(options), std::move(hand_over), metrics),
      budget_(budget),
      pause_reading_(std::move(pause_reading)),
      timer_(loop_) {
  hooks_.on_frame = [this](std::int32_t connection, std::string_view text, Micros received) {
    return router_.on_frame(connection, text, received);
  };
  hooks_.on_closed = [this](std::int32_t connection, Micros at, std::string_view reason) {
    router_.connection_closed(connection, at, reason);
  };
  hooks_.on_joined = [this](std::int32_t connection, std::int64_t sid, Micros at,
                            std::span<const std::string_view> tickers) {
    router_.joined(connection, sid, at, tickers);
  };
  hooks_.on_left = [this](std::int32_t connection, std::int64_t sid, Micros at,
                          std::span<const std::string_view> tickers) {
    router_.left(connection, sid, at, tickers);
  };
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
    router_.close_all(wall_now(), "stopped before its socket had closed");
    router_.flush();
    loop_.stop();
  });
  thread_.join();
}

void GathererLane::tick() {
  const auto now = wall_now();
  if (now - looked_at_streams_ > kLookAtStreams) {
    looked_at_streams_ = now;
    router_.tick(now);
  }
  router_.flush();
  if (!paused_ && budget_.exhausted()) {
    pause_reading_(paused_ = true);
  } else if (paused_ && budget_.relaxed()) {
    pause_reading_(paused_ = false);
  }
  timer_.after(kFlush, [this] { tick(); });
}

}  // namespace kd
