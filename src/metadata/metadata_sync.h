#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "api/rest_client.h"
#include "base/log.h"
#include "base/mutex.h"
#include "metadata/list_reader.h"
#include "metadata/metadata_metrics.h"
#include "metadata/metadata_store.h"
#include "metadata/sync_plan.h"

namespace kd {

// Keeps production's series, events and markets as the exchange's REST lists have them: everything
// at the start and now and then, what changed every `interval`. Page by page, so that memory does
// not grow with the number of markets. Owns a thread, and a database session while it works.
class MetadataSync {
 public:
  struct Options {
    ConnectOptions production;
    std::chrono::milliseconds interval{300'000};
    std::chrono::milliseconds full_interval{3'600'000};
    MetadataPages pages{};
    // Whether this process is the one that writes. Asked before each page; any thread.
    std::function<bool()> leads;
  };

  MetadataSync(Options options, RestClient& client, MetricsRegistry& metrics, Logger log);
  ~MetadataSync();  // stops
  MetadataSync(const MetadataSync&) = delete;
  MetadataSync& operator=(const MetadataSync&) = delete;

  void start();
  // Ends the thread; a page under way is finished or rolled back.
  void request_stop();  // does not wait
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  // A full walk that is running.
  struct Walk {
    ListReader lists;
    Micros began;
    Clock::time_point began_clock = Clock::now();
    std::int64_t markets = 0;
    std::size_t requests = 0;
    int failures = 0;  // of the page that is asked for now
    Clock::time_point not_before{};
  };
  struct Page {
    MetadataRows rows;
    Micros seen_at{};
  };

  void run(const std::stop_token& stop);
  void wait(const std::stop_token& stop);
  bool may_go_on(const std::stop_token& stop) const;
  Micros exchange_now() const;
  Micros seen_now() const;

  void step(const std::stop_token& stop);
  void begin_walk();
  void walk_page(const std::stop_token& stop);
  void on_walk_page_failed(const Error& error);
  Expected<void> take_walk_page(const MetadataList& list, const Page& page);
  void end_walk(const std::stop_token& stop);
  void break_walk(const Error& error);
  void increment(const std::stop_token& stop);
  Expected<void> read_increment(std::int64_t since_s, const std::stop_token& stop);

  Expected<RestAnswer> get(const std::string& endpoint, const std::string& path,
                           RestPriority priority, const std::stop_token& stop);
  Expected<Page> read(MetadataKind kind, const std::string& endpoint, const std::string& path,
                      RestPriority priority, const std::stop_token& stop);
  Expected<void> open();
  Expected<void> apply(MetadataKind kind, const Page& page, bool historical);
  Expected<void> set_aside(MetadataKind kind, const std::vector<MetadataRows::Unreadable>& entries,
                           Micros at);
  void tell_unknown(MetadataKind kind, const MetadataRows& rows);

  // Look-ups of single markets and events.
  Expected<void> look_up_due(const std::stop_token& stop);
  Expected<void> look_up_placeholders(MetadataKind kind, const std::stop_token& stop);
  Expected<void> look_up_named(MetadataKind kind, const std::string& ticker,
                               const std::stop_token& stop);
  Expected<void> look_up_missing(const std::stop_token& stop);
  // Takes those of `markets` that the list has; the others are left in it.
  Expected<void> look_up(std::vector<std::string>& markets, bool historical, RestPriority priority,
                         const std::stop_token& stop);

  const Options options_;
  RestClient& client_;
  const Logger log_;
  MetadataMetrics metrics_;

  // The thread's own.
  SyncPlan plan_;
  std::unique_ptr<MetadataStore> store_;
  std::unique_ptr<Walk> walk_;                 // null: none is running
  Micros read_until_{};                        // everything that changed before is in production
  std::unordered_set<std::string> set_aside_;  // what was quarantined, so that it is once
  std::vector<std::string> asked_[kMetadataKinds];  // placeholders, since all had their turn
  std::set<std::string> told_;                      // unknown names that were logged
  std::mt19937_64 random_{std::random_device{}()};

  Mutex mutex_;
  CondVar wake_;
  std::jthread thread_;
};

}  // namespace kd
