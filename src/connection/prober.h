#pragma once

#include <chrono>
#include <cstdint>

namespace kd {

// Is the other side still sending? A connection may answer pings and yet bring nothing. When it
// is silent it is asked something; when the questions stay unanswered it is dead. Pure; confined
// to one thread.
class Prober {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Options {
    std::chrono::milliseconds quiet{5'000};  // silence after which, and after which again, we ask
    std::chrono::milliseconds dead{
        15'000};  // silence that two unanswered questions turn into death
  };
  enum class Step : std::uint8_t { kNothing, kAsk, kDead };

  explicit Prober(Options options) : options_(options) {}

  // Begins anew: what was silent before is forgiven.
  void restart(Time now) {
    since_ = now;
    asked_ = 0;
  }
  // `heard` is when a message came last, of whatever kind. kAsk is told once per question.
  Step step(Time now, Time heard) {
    if (heard > since_) restart(heard);
    const auto silence = now - since_;
    if (asked_ >= 2 && silence >= options_.dead) return Step::kDead;
    if (silence < options_.quiet * (asked_ + 1)) return Step::kNothing;
    ++asked_;
    return Step::kAsk;
  }

 private:
  const Options options_;
  Time since_{};
  int asked_ = 0;
};

}  // namespace kd
