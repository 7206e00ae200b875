#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace kd {

// One thread's loop over its sockets and timers.
//
// run() is called by the thread that owns the loop; everything handed to the loop runs there.
// post() and stop() may be called by any thread.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void run();  // returns after stop()
  void stop();
  void post(std::function<void()> work);

  struct Impl;  // loop_impl.h, for the sources of net/ only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Calls back once after a delay, on the loop's thread. Confined to the loop's thread.
// Destroying or restarting it cancels the call.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void after(std::chrono::milliseconds delay, std::function<void()> work);
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kd
