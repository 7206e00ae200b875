#include "net/event_loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/loop_impl.h"

namespace kd {

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() { impl_->io.run(); }
void EventLoop::stop() { impl_->io.stop(); }
void EventLoop::post(std::function<void()> work) { boost::asio::post(impl_->io, std::move(work)); }

struct Timer::Impl {
  explicit Impl(EventLoop& loop) : timer(loop.impl().io) {}
  boost::asio::steady_timer timer;
  std::uint64_t generation = 0;  // a call that was already queued when cancelled must not run
};

Timer::Timer(EventLoop& loop) : impl_(std::make_shared<Impl>(loop)) {}
Timer::~Timer() { cancel(); }

void Timer::after(std::chrono::milliseconds delay, std::function<void()> work) {
  cancel();
  impl_->timer.expires_after(delay);
  impl_->timer.async_wait([impl = impl_, generation = impl_->generation,
                           work = std::move(work)](const boost::system::error_code& error) {
    if (!error && generation == impl->generation) work();
  });
}

void Timer::cancel() {
  ++impl_->generation;
  boost::system::error_code ignored;
  impl_->timer.cancel(ignored);
}

}  // namespace kd
