#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "api/rest_client.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/task_queue.h"
#include "market/exchange_hours.h"
#include "market/lifecycle_inbox.h"
#include "market/lookups.h"
#include "market/market_table.h"
#include "market/reconcile_plan.h"
#include "market/registry_metrics.h"
#include "market/walk.h"

namespace kd {

// Knows which markets there are and publishes which are to be recorded: the driver of MarketTable,
// Walk, LookUps, ReconcilePlan and ExchangeHours. Owns a thread; every page is published before
// the next is asked for, so subscriptions begin with the first. Hooks run on that thread.
class Registry {
 public:
  struct Options {
    std::chrono::milliseconds reconcile_interval{300'000};
    std::chrono::milliseconds status_interval{60'000};
    int page_size = 1000;
    double read_share = 1.0;   // of the account's read budget
    bool learn_budget = true;  // ask /account/limits, hourly; false: a fixed budget was configured
    UniverseRules rules{};
  };
  struct Hooks {
    // Desired state changed: record these, let these go.
    std::function<void(const MarketTable::Change&)> wanted;
    // These are open for trading now; these no longer are. All of them are or were recorded.
    std::function<void(const MarketTable::Change&)> open;
    // Nothing will be recorded: the exchange refused our credentials (kGiveUp), or at the start it
    // could not be reached at all (kReconnect). Later both are waited for, however long.
    std::function<void(const Error&)> refused;
    MarketTable::Heard heard;  // may be empty: then a market is silent once it has closed
  };

  Registry(Options options, Interner& tickers, RestClient& client, Hooks hooks,
           MetricsRegistry& metrics, Logger log);
  ~Registry();  // stops and joins
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  void start();
  // Ends the thread soon; events are still accepted, and forgotten. Any thread.
  void request_stop();

  // A lifecycle channel said something; `payload` is its msg object. Any thread.
  void on_lifecycle(std::string_view ticker, std::string_view event_type, std::string_view payload,
                    bool combo);

  // Lifecycle events may have been lost: asks REST what has changed. Any thread.
  void reconcile_soon();

  // Any thread.
  std::size_t markets() const { return markets_.load(); }
  bool walked_once() const { return walked_once_.load(); }
  // No part of the exchange trades: books are silent, sockets may be cut and are not to be dialled
  // in haste. Subscriptions stay.
  bool exchange_paused() const { return paused_.load(); }
  // For /debug/markets: counts, and up to `limit` (at most 1000) markets whose ticker begins with
  // `prefix`, as JSON.
  std::string debug(std::size_t limit, std::string_view prefix) const;

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kLookUpsAtOnce = 4;  // requests
  using Answered = std::function<void(const Expected<RestAnswer>&)>;
  // A walk or an increment that is running.
  struct Run {
    Walk walk;
    bool full;
    Clock::time_point began;
    Micros began_wall;
  };

  void run(const std::stop_token& stop);
  void step();
  Clock::time_point wake_at();
  Micros now() const;
  void ask(RestRequest request, Answered answered);
  void ask_housekeeping(Clock::time_point now);
  void on_limits(const Expected<RestAnswer>& answer);
  void on_schedule(const Expected<RestAnswer>& answer);
  void on_status(const Expected<RestAnswer>& answer);
  void begin_run(Clock::time_point now);
  void ask_pages(Clock::time_point now);
  void on_page(std::size_t list, const Expected<RestAnswer>& answer);
  void on_page_failed(std::size_t list, const Error& error);
  void end_run();
  void end_walk(const Run& run);
  void ask_look_ups(Clock::time_point now);
  void look_up_one(LookUps::Id id);
  void look_up(const std::vector<LookUps::Id>& ids);
  void on_looked_up(const std::vector<LookUps::Id>& ids, const Expected<MarketsPage>& found);
  void take_news();
  void publish();
  void show();

  const Options options_;
  Interner& tickers_;
  RestClient& client_;
  const Hooks hooks_;
  const Logger log_;
  RegistryMetrics metrics_;
  const std::shared_ptr<TaskQueue> queue_ = std::make_shared<TaskQueue>();
  LifecycleInbox inbox_;
  std::atomic<std::size_t> markets_{0};
  std::atomic<bool> walked_once_{false};
  std::atomic<bool> paused_{false};
  std::atomic<bool> hurry_{false};
  mutable Mutex mutex_;
  MarketTable table_ KD_GUARDED_BY(mutex_);

  // The thread's own.
  ExchangeHours hours_;
  ReconcilePlan plan_;
  LookUps look_ups_;
  std::unique_ptr<Run> run_;  // null: nothing is read
  bool answered_ = false;     // the exchange has answered something
  bool refused_ = false;
  std::optional<Micros> reconciled_;  // everything that changed before is known
  std::size_t look_ups_under_way_ = 0;
  std::uint64_t unknown_statuses_ = 0;
  Clock::time_point next_limits_{};
  Clock::time_point next_schedule_{};
  std::mt19937_64 random_{std::random_device{}()};
  std::jthread thread_;
};

}  // namespace kd
