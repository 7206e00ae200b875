#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/rest_client.h"
#include "base/log.h"
#include "base/mutex.h"
#include "market/registry.h"
#include "metrics/registry.h"

namespace kd {

// Walks the exchange's list of markets, again and again, and publishes what is to be recorded.
// Owns a thread for the REST requests; the first page is published before the second is asked
// for, so subscriptions begin at once. Callbacks run on that thread.
class Discovery {
 public:
  struct Options {
    std::chrono::milliseconds reconcile_interval{300'000};
    int page_size = 1000;
    double read_share = 1.0;   // of the account's read budget
    bool learn_budget = true;  // ask /account/limits; false: a fixed budget was configured
  };
  // Desired state changed.
  using Publish = std::function<void(const MarketRegistry::Change&)>;
  // Nothing more will be asked: the exchange refused our credentials (kGiveUp), or at the start it
  // could not be reached at all (kReconnect). Later it is waited for, however long.
  using Refused = std::function<void(const Error&)>;

  Discovery(Options options, RestClient& client, Publish publish, Refused refused,
            MetricsRegistry& metrics, Logger log);
  ~Discovery();  // stops and joins

  void start();
  // Ends the thread soon; announcements are still accepted, and forgotten. Any thread.
  void request_stop();
  // A lifecycle channel announced a market. Any thread.
  void announce(std::string ticker);

  // Figures for health; any thread.
  std::size_t markets() const;
  bool walked_once() const { return walked_once_.load(); }

 private:
  void run(const std::stop_token& stop);
  void learn_budget(const std::stop_token& stop);
  // False: stop walking for good.
  bool walk(const std::stop_token& stop);
  bool walk_status(const std::string& status, const std::stop_token& stop, bool& complete);
  void wait_for_next_walk(const std::stop_token& stop);
  void publish(const MarketRegistry::Change& change);
  void take_announced();

  const Options options_;
  RestClient& client_;
  const Publish publish_;
  const Refused refused_;
  const Logger log_;
  Gauge& total_;
  Gauge& active_;
  Gauge& last_sync_;
  Counter& errors_;
  MarketRegistry registry_;  // the thread's
  bool answered_ = false;    // the exchange has answered something; the thread's
  std::atomic<std::size_t> markets_{0};
  std::atomic<bool> walked_once_{false};
  Mutex mutex_;
  CondVar wake_;
  std::vector<std::string> announced_ KD_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace kd
