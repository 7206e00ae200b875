#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "base/byte_budget.h"
#include "connection/session.h"
#include "net/event_loop.h"
#include "router/router.h"

namespace kd {

// One I/O thread of a gatherer: its loop, its router, and the hooks by which its sessions reach
// the router. Every kFlush it hands its rows to the writers, and looks at the memory that waits
// for them: when that is exhausted it stops reading until half is written, so that the exchange
// waits and nothing is dropped.
class GathererLane {
 public:
  static constexpr std::chrono::milliseconds kFlush{20};
  static constexpr std::chrono::seconds kLookAtStreams{1};

  GathererLane(Router::Options options, Router::HandOver hand_over, RouterMetrics& metrics,
               const ByteBudget& budget, std::function<void(bool paused)> pause_reading);
  ~GathererLane();
  GathererLane(const GathererLane&) = delete;
  GathererLane& operator=(const GathererLane&) = delete;

  // The hooks that the router can fill; the rest is the caller's, before start().
  SessionHooks& hooks() { return hooks_; }
  EventLoop& loop() { return loop_; }

  void start();
  // Hands over what is left and joins the thread; sockets are closed by then.
  void stop();

 private:
  void tick();

  EventLoop loop_;
  Router router_;
  SessionHooks hooks_;
  const ByteBudget& budget_;
  const std::function<void(bool)> pause_reading_;
  bool paused_ = false;
  Micros looked_at_streams_{};
  Timer timer_;
  std::jthread thread_;
};

}  // namespace kd
