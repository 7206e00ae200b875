#include "sim/player.h"

#include <utility>

namespace kd::sim {

namespace {

constexpr std::chrono::milliseconds kTick{4};
constexpr std::chrono::milliseconds kLook{100};
constexpr std::size_t kBatch = 4000;  // events between two looks at the sockets
// Before the start the clock stands a little earlier, so that nothing is in the past of a client
// that looks around.
constexpr std::int64_t kLeadMs = 10'000;

}  // namespace

std::int64_t real_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Player::Player(EventLoop& loop, Exchange& exchange, Feed& feed, Options options, Logger log)
    : exchange_(exchange),
      feed_(feed),
      options_(std::move(options)),
      log_(std::move(log)),
      timer_(loop) {
  const std::int64_t now = real_now_ms();
  if (options_.start_ms == 0) {
    exchange_.clock.run(now, now, 1);
  } else {
    exchange_.clock.hold(options_.start_ms - kLeadMs);
  }
}

std::string_view Player::state() const {
  if (state_ == State::kWaiting) return "waiting";
  return state_ == State::kPlaying ? "playing" : "finished";
}

void Player::start() {
  wait_since_ms_ = real_now_ms();
  wait();
}

void Player::wait() {
  const std::int64_t now = real_now_ms();
  if (exchange_.may_start(exchange_.clock.now(now))) return begin("all expected clients are ready");
  if (now - wait_since_ms_ >= options_.start_timeout.count()) {
    return begin("the start timeout is over");
  }
  timer_.after(kLook, [this] { wait(); });
}

void Player::begin(std::string_view why) {
  log_.info("play begins", {kv("because", why)});
  state_ = State::kPlaying;
  began_ms_ = real_now_ms();
  if (options_.start_ms != 0) {
    exchange_.clock.run(options_.start_ms, began_ms_, options_.speed);
  }
  step();
}

void Player::step() {
  if (state_ != State::kPlaying) return;
  const bool over =
      options_.play_for.count() > 0 && real_now_ms() - began_ms_ >= options_.play_for.count();
  if (over) feed_.stop();
  options_.speed > 0 ? play_paced() : play_at_once();
}

void Player::play_paced() {
  if (exchange_.halted()) return again_in(kTick);
  const auto played = feed_.play(exchange_.clock.now(real_now_ms()), kBatch);
  if (!played) return options_.failed(played.error());
  if (feed_.finished()) return finish();
  again_in(*played >= kBatch ? std::chrono::milliseconds(0) : kTick);
}

void Player::play_at_once() {
  if (exchange_.halted() || options_.unsent_bytes() > options_.pause_above_bytes)
    return again_in(std::chrono::milliseconds(1));
  const auto played = feed_.play(kNever, kBatch / 4);
  if (!played) return options_.failed(played.error());
  if (feed_.finished()) return finish();
  again_in(std::chrono::milliseconds(0));
}

void Player::again_in(std::chrono::milliseconds delay) {
  timer_.after(delay, [this] { step(); });
}

void Player::finish() {
  const std::int64_t now = real_now_ms();
  exchange_.clock.run(exchange_.clock.now(now) - exchange_.clock.skew(), now, 1);
  state_ = State::kFinished;
  const Emitted& emitted = exchange_.emitted();
  log_.info("play has finished",
            {kv("deltas", emitted.deltas), kv("trades", emitted.trades),
             kv("snapshots", emitted.snapshots), kv("tickers", emitted.tickers),
             kv("lifecycle", emitted.lifecycle), kv("seconds", (now - began_ms_) / 1000)});
}

void Player::stop_emission() {
  if (state_ == State::kFinished) return;
  feed_.stop();
  if (state_ == State::kWaiting) begin("emission was stopped");
}

}  // namespace kd::sim
