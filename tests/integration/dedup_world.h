#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "codec/copy_row.h"
#include "database/partitions.h"
#include "dedup/deduplicator.h"
#include "support/pg_cluster.h"

namespace kd {

// 2026-09-01 00:00 UTC, µs: the hour in which the rows of these tests happen.
inline constexpr std::int64_t kTestHour = 1'788'220'800'000'000;

// Appends rows to one gatherer's database as its writer would: one session, positions ascending
// in commit order.
class GathererDatabase {
 public:
  GathererDatabase(PgCluster& cluster, const std::string& id);

  struct Delta {
    std::int64_t stamp = kTestHour;
    std::int64_t change = 100;
    std::int16_t occurrence = 0;
    std::string ticker = "KXA-1";
    std::int64_t stream_id = 1;
    std::optional<std::int64_t> exchange_us = std::nullopt;
  };
  void add(const Delta& delta);
  void add_trade(const std::string& id16, std::int64_t stamp, std::int64_t size = 100);
  void add_lifecycle(const std::string& ticker, const std::string& type, const std::string& payload,
                     std::int64_t received_at, std::int64_t stream_id = 1);
  void add_snapshot(const std::string& ticker, std::int64_t stamp, std::int16_t occurrence = 0);
  void add_ticker(const std::string& ticker, std::int64_t stamp, std::int64_t hash);
  void add_rest_book(const std::string& ticker, std::int64_t requested_at);
  void add_ledger(std::int64_t at, const std::string& event = "open", std::int64_t stream_id = 1,
                  const std::vector<std::string_view>& tickers = {});
  void add_watermark(std::int64_t at, const std::vector<std::int64_t>& streams,
                     const std::vector<std::int64_t>& proven_until);
  void add_quarantine(std::int64_t received_at);
  // One transaction per table with what was added since.
  void commit();

  const std::string& id() const { return id_; }
  const std::string& database() const { return database_; }
  // The same gatherer with a new, empty database.
  void rebuild();
  void reconnect();
  // The position that the last row got.
  std::int64_t position() const { return position_; }
  // Later rows have positions beyond this one.
  void continue_at(std::int64_t position) { position_ = position; }
  // A copy of the database as it is, and the return to one.
  std::string backup();
  void restore(const std::string& backup);

 private:
  void add_book(const char* source, const std::string& ticker, std::int64_t stamp,
                std::int16_t occurrence);
  CopyRowWriter begin(const char* table, std::int16_t columns);

  PgCluster& cluster_;
  std::string id_;
  std::string database_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Partitions> partitions_;
  std::array<std::vector<char>, kTableCount> pending_;
  std::int64_t position_ = kTestHour;
  std::int64_t seq_ = 0;
};

// Counts what the deduplicator says it does.
class CountingObserver : public DedupObserver {
 public:
  void on_polled(std::size_t, std::size_t, std::int64_t, std::chrono::microseconds) override {}
  void on_gatherer_error(std::size_t, std::size_t) override { ++gatherer_errors; }
  void on_rewind(std::size_t, std::size_t) override { ++rewinds; }
  void on_round(const RoundOutcome& outcome) override;
  void on_frozen(std::size_t) override { ++frozen; }
  void on_commit_latency(std::size_t, std::chrono::microseconds) override { ++latencies; }

  std::atomic<int> gatherer_errors{0};
  std::atomic<int> rewinds{0};
  std::atomic<int> frozen{0};
  std::atomic<int> rounds{0};
  std::atomic<int> latencies{0};
  std::atomic<std::int64_t> written{0};
  std::atomic<std::int64_t> duplicates{0};
  std::atomic<std::int64_t> quarantined{0};
};

// Keeps the lines. Any thread.
class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view, std::string_view message,
             std::initializer_list<LogField>) override {
    const MutexLock lock(mutex_);
    lines_.emplace_back(message);
  }
  std::ptrdiff_t count(std::string_view start) const {
    const MutexLock lock(mutex_);
    return std::count_if(lines_.begin(), lines_.end(),
                         [&](const std::string& line) { return line.starts_with(start); });
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ KD_GUARDED_BY(mutex_);
};

// Gatherer databases and a production database in one cluster, and a deduplicator between them.
class DedupWorld {
 public:
  DedupWorld(PgCluster& cluster, std::size_t gatherers) : DedupWorld(cluster, cluster, gatherers) {}
  DedupWorld(PgCluster& cluster, PgCluster& production, std::size_t gatherers);

  GathererDatabase& gatherer(std::size_t i) { return *gatherers_[i]; }
  std::size_t gatherers() const { return gatherers_.size(); }

  Deduplicator::Options options() const;
  void start() { start(options()); }
  void start(Deduplicator::Options options);
  void stop() { deduplicator_.reset(); }
  Deduplicator& deduplicator() { return *deduplicator_; }

  // Starts a deduplicator if none runs, waits until it has merged all that is committed now, and
  // ends it.
  void sync();
  void await_merged();
  // Waits until `done` holds; fails the test after a generous time.
  static void await(const std::function<bool()>& done, const char* what);

  std::string production(const std::string& sql);
  const std::string& production_database() const { return production_database_; }

  CountingObserver observer;

 private:
  PgCluster& cluster_;
  PgCluster& production_cluster_;
  std::vector<std::unique_ptr<GathererDatabase>> gatherers_;
  std::string production_database_;
  std::unique_ptr<Deduplicator> deduplicator_;
};

// One of every kind of row, `rows` times; committed. Equal `first`s give equal rows.
void fill(GathererDatabase& gatherer, int first, int rows);
void fill(DedupWorld& world, int first, int rows);

// Rows per table, in the order of table_specs(); of the proofs the newest stamps.
std::string counts(DedupWorld& world);
// What counts() says when three gatherers were filled with `rows` from 0 on.
std::string expected_counts(int rows);

}  // namespace kd
