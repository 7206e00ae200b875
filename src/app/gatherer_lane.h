#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/interner.h"
#include "connection/session_hooks.h"
#include "net/event_loop.h"
#include "router/router.h"
#include "tape/tape_feed.h"

namespace kd {

// One I/O thread of a gatherer: its loop, its router, and the hooks by which its sessions reach
// the router and the tape. Every kFlush it hands its rows to the writers, and every
// watermark_interval, right behind them, how far its streams are proven.
class GathererLane {
 public:
  static constexpr std::chrono::milliseconds kFlush{20};
  static constexpr std::chrono::seconds kLookAtStreams{1};

  struct Options {
    Router::Options router;
    std::chrono::milliseconds watermark_interval{1'000};
  };
  struct Ports {
    Router::HandOver hand_over;
    std::function<void(std::vector<StreamProof>, Micros at)> prove;
    TapeFeed* tape = nullptr;       // null: frames are not kept
    std::function<void()> on_open;  // of any socket
  };

  GathererLane(Options options, Ports ports, const Interner& tickers, RouterMetrics& metrics);
  ~GathererLane();
  GathererLane(const GathererLane&) = delete;
  GathererLane& operator=(const GathererLane&) = delete;

  // The hooks that the router can fill; the rest is the caller's, before start().
  SessionHooks& hooks() { return hooks_; }
  EventLoop& loop() { return loop_; }

  void start();
  // Hands over what is left and joins the thread; sockets are closed by then.
  void stop();

  // What became of a question about a stream's legs. Any thread.
  void judge_legs(std::int32_t connection, std::int64_t stream_id, LegVerdict verdict);

 private:
  void connect_router();
  void tick();
  void prove(Micros now);
  const std::vector<std::string_view>& names(std::span<const Interner::Id> markets);

  const std::chrono::milliseconds watermark_interval_;
  const Ports ports_;
  const Interner& tickers_;
  EventLoop loop_;
  Router router_;
  SessionHooks hooks_;
  std::vector<std::string_view> names_;
  Micros looked_at_streams_{};
  Micros proved_{};
  Timer timer_;
  std::jthread thread_;
};

}  // namespace kd
