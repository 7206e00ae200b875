#include "coverage/keeper.h"

#include <algorithm>

#include "base/time.h"
#include "database/lock_watch.h"
#include "database/migrations.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLock = "kalshi coverage keeper";
constexpr double kWindowSeconds = 3'600;  // of the ratio

double seconds(std::int64_t us) { return static_cast<double>(us) / 1e6; }

}  // namespace

CoverageKeeper::CoverageKeeper(Options options, MetricsRegistry& metrics, Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      uncovered_seconds_(metrics.counter("coverage_uncovered_market_seconds_total",
                                         "time of markets that no line covers, when it was found")),
      ratio_(metrics.gauge("coverage_ratio",
                           "share of the last hour's market-time that a line covers")),
      growing_(metrics.gauge("coverage_uncovered_markets", "markets that no line covers now")),
      horizon_(metrics.gauge("coverage_horizon_timestamp_seconds",
                             "exchange time up to which coverage is known")) {
  ratio_.set(1);
}

CoverageKeeper::~CoverageKeeper() { stop(); }

void CoverageKeeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void CoverageKeeper::request_stop() { thread_.request_stop(); }

void CoverageKeeper::stop() {
  if (!thread_.joinable()) return;
  request_stop();
  // A statement over all markets may take minutes. Cancelled again until the thread has ended: one
  // look may fall between two statements.
  const auto pid = pid_.load();
  const auto cancelling = LockWatch::start(options_.production, pid, [pid] { return pid != 0; });
  thread_.join();
}

void CoverageKeeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto done = round(stop); !done) {
      if (!stop.stop_requested()) log_.warn("coverage waits", {kv("reason", done.error().what)});
      disconnect();
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, options_.interval, [] { return false; });
  }
}

Expected<void> CoverageKeeper::round(const std::stop_token& stop) {
  if (!options_.leads()) {
    disconnect();
    return {};
  }
  // Asked before the evidence is read: all of it up to then will be seen.
  const auto settled = options_.settled_until_us();
  if (!settled && !upkeep_) return {};
  KD_TRY(const auto connected, connect());
  if (!connected || !settled || stop.stop_requested()) return {};
  const auto now = wall_now();
  const auto until = std::min(micros_from_us(*settled), now) - options_.margin;
  KD_TRY(const auto figures, upkeep_->round(to_us(floor_to_ms(until)), to_us(now)));
  if (figures) publish(*figures);
  return {};
}

void CoverageKeeper::disconnect() {
  pid_ = 0;
  upkeep_.reset();
  production_.reset();
}

// A session that holds the lock; one that the server ended is opened anew.
Expected<bool> CoverageKeeper::connect() {
  if (upkeep_ && production_->query("SELECT 1")) return true;
  disconnect();
  auto options = options_.production;
  options.answer_timeout = 10min;  // all bases of a million markets, sorted
  // A stopped process, or one that is cut off, must not hold the lock for ever.
  options.idle_session_timeout = std::max<std::chrono::milliseconds>(5 * options_.interval, 1s);
  options.idle_in_transaction_timeout = 2min;
  KD_TRY(production_, Connection::connect(options));
  KD_DO(require_schema(*production_, SchemaKind::kProduction));
  KD_TRY(const auto locked, production_->try_advisory_lock(advisory_key(kLock)));
  if (!locked && !told_waiting_) log_.warn("another session keeps coverage");
  told_waiting_ = !locked;
  if (!locked) {
    disconnect();
    return false;
  }
  KD_TRY(pid_, backend_pid(*production_));
  upkeep_ = std::make_unique<CoverageUpkeep>(*production_);
  return true;
}

void CoverageKeeper::publish(const CoverageUpkeep::Figures& figures) {
  const auto watched = static_cast<double>(std::max(figures.markets, figures.growing));
  last_hour_.push_back({.seconds = seconds(figures.passed_us),
                        .market_seconds = watched * seconds(figures.passed_us),
                        .uncovered = seconds(figures.uncovered_us)});
  Passed sum{0, 0, 0};
  for (const auto& passed : last_hour_) {
    sum.seconds += passed.seconds;
    sum.market_seconds += passed.market_seconds;
    sum.uncovered += passed.uncovered;
  }
  while (sum.seconds - last_hour_.front().seconds > kWindowSeconds) {
    sum.seconds -= last_hour_.front().seconds;
    last_hour_.pop_front();
  }
  uncovered_seconds_.add(std::max(0.0, seconds(figures.uncovered_us)));
  growing_.set(static_cast<double>(figures.growing));
  horizon_.set(seconds(figures.horizon));
  const auto share = sum.market_seconds > 0 ? 1 - sum.uncovered / sum.market_seconds : 1;
  ratio_.set(std::clamp(share, 0.0, 1.0));
  if (figures.made == 0 && figures.healed == 0) return;
  log_.info("holes in coverage changed",
            {kv("made", figures.made), kv("healed", figures.healed),
             kv("markets_uncovered", figures.growing), kv("looked_at", figures.looked_at)});
}

}  // namespace kd
