#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
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
#include "dedup/observer.h"
#include "dedup/page_board.h"
#include "dedup/production_session.h"
#include "dedup/round_merge.h"
#include "dedup/shard.h"
#include "dedup/sync_mode.h"

namespace kd {

// Merges any number of gatherers into production. One thread reads each gatherer, one writes;
// a round is whatever pages wait on the board, in one transaction with the cursors. Any error in
// a round forgets everything that was remembered, reads the cursors again and starts over.
// Several may run: one per shard leads, the others wait to take over.
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
    SeenSet::Options seen{};
    FrozenLines::Options frozen{};
    SyncModeLimits modes{};
    Shard shard{};
    std::chrono::milliseconds ack_interval{10'000};  // how often gatherers hear what is stored
    std::chrono::milliseconds linger{15};            // small pages wait so long for company
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
    std::vector<std::optional<SyncMode>> mode;  // by gatherer; nullopt: it is away
    std::vector<bool> proofs_held;              // by gatherer: until the rows before are merged
    std::vector<std::int64_t> frozen;           // by gatherer: silent lines found
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
  bool leads() const { return leader_; }
  // Our time before which everything that any connected gatherer had committed is in production.
  // nullopt: this one does not lead, or no gatherer is connected.
  std::optional<std::int64_t> settled_until_us() const;

 private:
  void run();
  void wait(std::chrono::milliseconds time);
  bool open_session();
  bool gain_lead();
  Expected<void> begin_epoch();
  Expected<void> run_round();
  Expected<void> keep_alive();
  Expected<void> land();
  Expected<RoundOutcome> write(const Round& round);
  void note_latencies(const Round& round);
  void note_frozen(const Round& round);
  void note_held();
  void drop_session(const Error& error);

  const Options options_;
  DedupObserver& observer_;
  const Logger log_;
  PageBoard board_;

  // The writer's thread only.
  std::unique_ptr<ProductionSession> session_;
  RoundMerge merge_;
  // One is written by a thread of its own while the next is made, when much waits.
  std::array<Round, 2> rounds_;
  std::size_t next_ = 0;                           // of the two, to be made
  std::future<Expected<RoundOutcome>> in_flight_;  // writes the other one; uses the session
  Backoff backoff_;
  std::chrono::steady_clock::time_point pinged_at_{};
  bool ever_connected_ = false;
  bool told_waiting_ = false;  // for the lead; logged once, however often the session is lost

  mutable Mutex mutex_;
  std::string production_error_ KD_GUARDED_BY(mutex_);
  std::optional<Error> fatal_ KD_GUARDED_BY(mutex_);
  std::vector<bool> proofs_held_ KD_GUARDED_BY(mutex_);
  std::vector<std::int64_t> frozen_ KD_GUARDED_BY(mutex_);
  std::atomic<bool> production_connected_{false};
  std::atomic<bool> leader_{false};
  std::atomic<std::int64_t> ping_us_{0};

  std::vector<std::unique_ptr<GathererReader>> readers_;
  std::jthread writer_;  // last: stops before the members it uses
};

}  // namespace kd
