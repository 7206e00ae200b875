#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/expected.h"
#include "base/log.h"
#include "codec/table.h"
#include "database/connection.h"
#include "database/partitions.h"
#include "metrics/registry.h"
#include "writer/batch_queue.h"
#include "writer/positions.h"

namespace kd {

// Newest sending time of the exchange that any thread has seen, for all writers of a process.
using NewestSending = std::atomic<std::int64_t>;

// Writes one table: takes batches from its queue, assigns positions, COPYs and commits, one
// transaction after another, in a session of its own that holds the table's writer lock.
//
// A database that is away is waited for; what is queued meanwhile stays, and a commit of unknown
// outcome is repeated with the same positions: when they are there, it had happened. Owns a
// thread.
class TableWriter {
 public:
  struct Options {
    Table table{};
    std::size_t batch_rows = 1000;
    std::chrono::milliseconds flush_interval{100};
    ConnectOptions database;
  };
  struct Hooks {
    // The table cannot be written as things are: wrong schema, missing rights, another writer.
    std::function<void(const Error&)> give_up;
    // A row that the database refuses, as COPY-binary, and why; the rest of its batch is stored.
    std::function<void(const std::string& reason, std::string_view row)> reject;
  };

  TableWriter(Options options, BatchQueue& queue, NewestSending& newest_sending,
              MetricsRegistry& metrics, Logger log, Hooks hooks);
  ~TableWriter();
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  void start();
  // Waits until the closed queue is written, or until `deadline` when the database is away.
  // False: rows were left.
  bool finish(std::chrono::steady_clock::time_point deadline);

  bool connected() const { return connected_.load(); }  // any thread

 private:
  void run(const std::stop_token& stop);
  // False: stopped, or no use in going on.
  bool write(std::vector<RowBatch>& batches, const std::stop_token& stop);
  // What has become of one transaction over several tries.
  struct Attempt {
    std::int64_t last_position = -1;  // of its rows; -1: not numbered yet
    bool in_doubt = false;            // the last COMMIT had no answer
  };
  Expected<void> write_once(std::vector<RowBatch>& batches, Attempt& attempt);
  Expected<void> connect();
  Expected<void> try_write(std::vector<RowBatch>& batches);
  // After a commit of unknown outcome: whether it happened.
  Expected<bool> is_stored(std::int64_t position);
  std::int64_t number(std::vector<RowBatch>& batches);
  void count(const std::vector<RowBatch>& batches);
  bool write_halves(std::vector<RowBatch>& batches, const Error& error,
                    const std::stop_token& stop);
  bool pause(const std::stop_token& stop);

  const Options options_;
  BatchQueue& queue_;
  NewestSending& newest_sending_;
  const Logger log_;
  const Hooks hooks_;
  Counter& received_;
  Counter& inserted_;
  Counter& connection_errors_;
  Counter& constraint_errors_;
  Histogram& batch_size_;
  Histogram& flush_seconds_;
  Histogram& commit_latency_;
  Gauge& buffer_bytes_;
  std::unique_ptr<Connection> connection_;
  Positions positions_{0};
  std::unique_ptr<Partitions> partitions_;
  bool ever_wrote_ = false;  // from then on every trouble is waited for, with an alarm
  Backoff backoff_{{.initial = std::chrono::milliseconds(100), .max = std::chrono::seconds(5)}};
  std::mt19937_64 random_{std::random_device{}()};
  std::atomic<bool> connected_{false};
  std::atomic<bool> done_{false};
  std::jthread thread_;
};

}  // namespace kd
