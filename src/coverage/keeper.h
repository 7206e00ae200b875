#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "coverage/upkeep.h"
#include "database/connection.h"
#include "metrics/registry.h"

namespace kd {

// Keeps the list of holes in production, beside the merge: owns a thread and a session of its own,
// works only while this process leads, and a lock sees to it that two never work at once. The
// database being away pauses it.
class CoverageKeeper {
 public:
  struct Options {
    ConnectOptions production;
    std::function<bool()> leads;  // any thread
    // Exchange time up to which everything that the reachable gatherers committed, proofs
    // included, is in production; now, when none can be reached: what nobody can prove is a hole.
    // Nothing: not known yet, and the horizon waits. Any thread.
    std::function<std::optional<std::int64_t>()> settled_until_us;
    std::chrono::milliseconds interval{10'000};
    // Of the horizon behind that: longer than a healthy stream's proof may lag, which is probed
    // after five quiet seconds.
    std::chrono::milliseconds margin{15'000};
  };
  CoverageKeeper(Options options, MetricsRegistry& metrics, Logger log);
  ~CoverageKeeper();
  CoverageKeeper(const CoverageKeeper&) = delete;
  CoverageKeeper& operator=(const CoverageKeeper&) = delete;

  void start();
  void request_stop();  // does not wait
  // Cancels the running statement, and with it the round.
  void stop();

 private:
  struct Passed {  // between two rounds
    double seconds;
    double market_seconds;
    double uncovered;
  };

  void run(const std::stop_token& stop);
  Expected<void> round(const std::stop_token& stop);
  Expected<bool> connect();
  void disconnect();
  void publish(const CoverageUpkeep::Figures& figures);

  const Options options_;
  const Logger log_;
  Counter& uncovered_seconds_;
  Gauge& ratio_;
  Gauge& growing_;
  Gauge& horizon_;
  std::unique_ptr<Connection> production_;
  std::unique_ptr<CoverageUpkeep> upkeep_;
  bool told_waiting_ = false;          // that another session keeps coverage
  std::atomic<std::int64_t> pid_ = 0;  // of the session at the server; 0: none is held
  std::deque<Passed> last_hour_;
  Mutex mutex_;
  CondVar wake_;
  std::jthread thread_;  // last: stops before the members it uses
};

}  // namespace kd
