#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/log.h"
#include "base/mutex.h"
#include "dedup/gatherer_reader.h"
#include "dedup/merge.h"
#include "dedup/observer.h"
#include "dedup/page_board.h"
#include "dedup/production_session.h"

namespace kd {

// Merges any number of gatherers into production. One thread reads each gatherer, one writes;
// a round is whatever pages wait on the board, in one transaction with the cursors. Any error in
// a round forgets everything that was remembered, reads the cursors again and starts over.
class Deduplicator {
 public:
  struct Source {
    std::string id;
    ConnectOptions connect;
  };
  struct Options {
    std::vector<Source> gatherers;
    ConnectOptions production;
    std::array<TablePolling, kTableCount> polling;
    SeenSet::Options seen;
    std::chrono::milliseconds linger{15};  // small pages wait so long for company
    Backoff::Options backoff{std::chrono::milliseconds(200), std::chrono::milliseconds(5'000)};
    // See ProductionSession::Options; also called with "merged".
    std::function<void(std::string_view)> at_step;
  };
  // Figures for /health and /metrics. A value.
  struct Status {
    bool production_connected = false;
    bool leader = false;
    double ping_ms = 0;
    std::string production_error;  // of the last failure; empty while all is well
    std::vector<bool> gatherer_connected;
    std::vector<std::array<SyncStatus, kTableCount>> sync;  // by gatherer
  };

  Deduplicator(Options options, DedupObserver& observer, Logger log);
  ~Deduplicator();
  Deduplicator(const Deduplicator&) = delete;
  Deduplicator& operator=(const Deduplicator&) = delete;

  void start();
  // Finishes the running round, then ends all threads. Any thread, once.
  void stop();
  // Set when production refused us in a way that no retry can mend (credentials, schema) before
  // the first success.
  std::optional<Error> fatal_error() const;

  Status status() const;

 private:
  void run();
  void wait(std::chrono::milliseconds time);
  bool open_session();
  bool gain_lead();
  Expected<void> begin_epoch();
  Expected<void> run_round();
  Expected<void> keep_alive();
  void merge_pages(const std::vector<Page>& pages);
  void note_committed(const RoundOutcome& outcome);
  void drop_session(const Error& error);

  const Options options_;
  DedupObserver& observer_;
  const Logger log_;
  PageBoard board_;

  // The writer's thread only.
  std::unique_ptr<ProductionSession> session_;
  std::vector<TableMerge> merges_;    // by table
  std::vector<std::int64_t> stored_;  // positions in production, by gatherer and table
  Round round_;
  Backoff backoff_;
  std::chrono::steady_clock::time_point pinged_at_{};
  bool ever_connected_ = false;
  bool told_waiting_ = false;  // for the lead; logged once, however often the session is lost

  mutable Mutex mutex_;
  std::string production_error_ KD_GUARDED_BY(mutex_);
  std::optional<Error> fatal_ KD_GUARDED_BY(mutex_);
  std::atomic<bool> production_connected_{false};
  std::atomic<bool> leader_{false};
  std::atomic<std::int64_t> ping_us_{0};

  std::vector<std::unique_ptr<GathererReader>> readers_;
  std::jthread writer_;  // last: stops before the members it uses
};

}  // namespace kd
