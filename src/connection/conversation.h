#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "connection/moment.h"
#include "model/control_event.h"

namespace kd {

// What is said on one connection, from one socket to the next: which text to send when, and what
// an event means. No I/O: time is an argument, texts are asked for. Confined to one thread.
class Conversation {
 public:
  Conversation() = default;
  virtual ~Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  virtual void opened(const Moment& now) = 0;
  virtual void on_event(const ControlEvent& event, const Moment& now) = 0;
  // Once a second while the socket is open. `heard` is when a message came last.
  virtual void tick(const Moment& now, std::chrono::steady_clock::time_point heard) = 0;
  // The next command, if one is due.
  virtual std::optional<std::string> next_text(const Moment& now) = 0;
  // There may be a text in a moment, without an event before it.
  virtual bool impatient() const { return false; }
  // The socket is gone.
  virtual void lost() = 0;

  // Why the socket is to be dropped, told once.
  std::optional<std::string> take_verdict() { return std::exchange(verdict_, {}); }
  // The exchange has answered a subscribe: the other side works. Told once.
  bool take_success() { return std::exchange(success_, false); }

 protected:
  void give_up(std::string why) {
    if (!verdict_) verdict_ = std::move(why);
  }
  void succeed() { success_ = true; }

 private:
  std::optional<std::string> verdict_;
  bool success_ = false;
};

// A refusal that repeats is written to the log once a minute; the counters have them all.
class RefusalLog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  bool is_news(std::int64_t code, Time now) {
    const auto [at, first] = told_.try_emplace(code, now);
    if (!first && now - at->second < std::chrono::minutes(1)) return false;
    at->second = now;
    return true;
  }

 private:
  std::map<std::int64_t, Time> told_;  // by code: a handful
};

// Waits after "too many requests": they double while it goes on.
class BusyPause {
 public:
  using Time = std::chrono::steady_clock::time_point;
  void refused(Time now) {
    until_ = now + pause_;
    pause_ = std::min(2 * pause_, kMost);
  }
  void accepted() { pause_ = kFirst; }
  bool over(Time now) const { return now >= until_; }
  void reset() { *this = {}; }

 private:
  static constexpr std::chrono::milliseconds kFirst{1'000};
  static constexpr std::chrono::milliseconds kMost{16'000};
  std::chrono::milliseconds pause_ = kFirst;
  Time until_{};
};

}  // namespace kd
