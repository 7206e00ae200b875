#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "api/rest_client.h"
#include "backfill/audit_schedule.h"
#include "backfill/trade_fill.h"
#include "base/log.h"
#include "metrics/registry.h"

namespace kd {

// Compares the trades of production with those that the exchange lists, all the time, and adds
// what every gatherer missed; each window leaves a row in trade_audits. Goes on where the stored
// progress says, oldest first, with the exchange's read budget that nobody else wants. Works only
// while this process leads.
//
// Owns one thread and its own database session; start() and stop() are called by one thread.
class TradeBackfill {
 public:
  struct Options {
    ConnectOptions production;
    AuditSchedule::Options schedule{};
    std::chrono::milliseconds look{1'000};  // how often it is looked whether there is work
    std::chrono::milliseconds after_error{10'000};
    std::function<bool()> leads;
    // Up to when (exchange time, µs) all gatherers that can be reached are merged; absent: unknown.
    std::function<std::optional<std::int64_t>()> settled_until_us;
    std::function<Micros()> now = wall_now;
  };

  // `client` and `metrics` outlive this.
  TradeBackfill(Options options, RestClient& client, MetricsRegistry& metrics, Logger log);
  ~TradeBackfill();
  TradeBackfill(const TradeBackfill&) = delete;
  TradeBackfill& operator=(const TradeBackfill&) = delete;

  void start();
  void request_stop();  // does not wait
  void stop();          // gives up the window that is being read

 private:
  void run(const std::stop_token& stop);
  // True: there may be more to do at once.
  Expected<bool> work(const std::stop_token& stop);
  Expected<void> open();
  Expected<void> audit(const TradeWindow& window, const std::stop_token& stop);
  void report(const TradeWindow& window, const FillCounts& counts);
  std::optional<Micros> settled() const;

  const Options options_;
  const Logger log_;
  TradePages pages_;
  Counter& backfilled_;
  Counter& audits_;
  Counter& errors_;
  Gauge& behind_;
  // Of the thread.
  std::unique_ptr<TradeStore> store_;
  std::chrono::sys_seconds started_{};
  AuditSchedule schedule_;
  std::jthread thread_;  // last
};

}  // namespace kd
