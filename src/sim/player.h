#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/expected.h"
#include "base/log.h"
#include "net/event_loop.h"
#include "sim/exchange.h"

namespace kd::sim {

std::int64_t real_now_ms();

// Where events come from. Confined to the loop's thread.
class Feed {
 public:
  virtual ~Feed() = default;
  // Publishes what is due by `now_ms`, `limit` events at most (a few more to keep together what
  // belongs together), and returns how many. The error ends the play.
  virtual Expected<std::size_t> play(std::int64_t now_ms, std::size_t limit) = 0;
  virtual bool finished() const = 0;
  // Nothing more is to come.
  virtual void stop() = 0;
};

// Drives a feed: waits for the clients, then plays at a speed until the feed has finished.
// Confined to the loop's thread.
class Player {
 public:
  struct Options {
    std::int64_t start_ms = 0;  // on the simulator's clock
    double speed = 1;           // 0: as fast as the slowest live client takes it
    std::chrono::milliseconds start_timeout{120'000};
    std::chrono::milliseconds play_for{0};      // of real time; 0: until the feed has finished
    std::size_t pause_above_bytes = 8 << 20;    // unsent to one client, at speed 0
    std::function<std::size_t()> unsent_bytes;  // to the client that has most of them
    std::function<void(const Error&)> failed;   // the feed did
  };
  enum class State : std::uint8_t { kWaiting, kPlaying, kFinished };

  Player(EventLoop& loop, Exchange& exchange, Feed& feed, Options options, Logger log);

  void start();
  void stop_emission();
  std::string_view state() const;

 private:
  void wait();
  void begin(std::string_view why);
  void step();
  void play_paced();
  void play_at_once();
  void again_in(std::chrono::milliseconds delay);
  void finish();

  Exchange& exchange_;
  Feed& feed_;
  const Options options_;
  const Logger log_;
  State state_ = State::kWaiting;
  std::int64_t wait_since_ms_ = 0;
  std::int64_t began_ms_ = 0;
  Timer timer_;
};

}  // namespace kd::sim
