#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/expected.h"
#include "base/log.h"
#include "base/mutex.h"
#include "codec/table.h"
#include "metrics/registry.h"
#include "writer/batch_queue.h"
#include "writer/spill_fifo.h"
#include "writer/write_plan.h"
#include "writer/writer_session.h"

namespace kd {

// Writes one table: takes batches from its queue and from its spill files, assigns positions,
// COPYs and commits, one transaction after another, in a session of its own that holds the
// table's writer lock.
//
// A database that is away is waited for; what is queued meanwhile goes to disk, and a commit of
// unknown outcome is repeated with the same positions: when they are there, it had happened. How
// far a spill file is loaded moves in the transaction that stores its rows. Owns a thread.
class TableWriter {
 public:
  struct Options {
    Table table{};
    std::size_t batch_rows = 1000;
    std::size_t batch_bytes = std::size_t{4} << 20;
    std::chrono::milliseconds flush_interval{100};
    ConnectOptions database;
    WriterSession::Clock clock = wall_now;
    // How long the first rows wait for a time of the exchange, once the database is there. Without
    // one they get the numbers behind the stored ones: our clock alone numbers nothing.
    std::chrono::milliseconds clock_wait{5'000};
  };
  // What it works with; all of it outlives the writer.
  struct Parts {
    BatchQueue& queue;
    SpillFifo& spill;
    ExchangeClock& exchange_clock;
    DropLog& drops;
    SpillFifo* first = nullptr;  // whose leftovers of earlier processes are stored before ours
  };
  struct Hooks {
    // The table cannot be written as things are: wrong schema, missing rights, another writer.
    std::function<void(const Error&)> give_up;
    // A row that the database refuses, as COPY-binary, and why; the rest of its batch is stored.
    std::function<void(const std::string& reason, std::string_view row)> reject;
    // Rows are committed, or refused and told to the drop log.
    std::function<void()> settled;
  };

  TableWriter(Options options, Parts parts, MetricsRegistry& metrics, Logger log, Hooks hooks);
  ~TableWriter();
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  void start();
  // Waits until the closed queue is written, or until `deadline` when the database is away; what
  // the writer holds then goes to disk, what waits stays in the queue. False: rows were lost.
  bool finish(std::chrono::steady_clock::time_point deadline);
  // The two halves of it, for several writers at once: first each is awaited, then all are told.
  void await_done(std::chrono::steady_clock::time_point deadline);
  void request_stop();

  bool connected() const { return connected_.load(); }  // any thread

 private:
  void run(const std::stop_token& stop);
  // False: the end, or no use in going on.
  bool next(std::vector<QueuedBatch>& batches, const std::stop_token& stop);
  bool read_spill(std::vector<QueuedBatch>& batches, const std::stop_token& stop);
  Expected<void> skip_stored(std::vector<QueuedBatch>& batches);
  // Stores all of them, in order. False: stopped, or no use in going on.
  bool write(std::vector<QueuedBatch>& batches, const std::stop_token& stop);
  Expected<void> store(const WritePlan& plan, WriterSession::Attempt& attempt,
                       const std::stop_token& stop);
  void tell_vanished();
  void await_exchange_clock(const std::stop_token& stop);
  void reject(const WritePlan& plan, const Error& error);
  void count(const RowRanges& rows);
  // For the next process: what is not stored of what came from memory.
  void keep(std::vector<QueuedBatch>& batches, const WritePlan& plan,
            const WriterSession::Attempt& attempt);
  // Tries again and again. False: stopped, or no use in going on.
  bool insist(const std::function<Expected<void>()>& act, const std::stop_token& stop);
  bool wait_out(const Error& error, const std::stop_token& stop);

  const Options options_;
  const Parts parts_;
  const Logger log_;
  const Hooks hooks_;
  Counter& received_;
  Counter& inserted_;
  Counter& connection_errors_;
  Counter& constraint_errors_;
  Histogram& batch_size_;
  Histogram& flush_seconds_;
  Histogram& commit_latency_;
  WriterSession session_;
  bool ever_wrote_ = false;  // from then on every trouble is waited for, with an alarm
  bool placed_ = false;      // leftovers are read from where an earlier process had stopped
  bool clock_waited_ = false;
  bool lost_ = false;
  Backoff backoff_{{.initial = std::chrono::milliseconds(100), .max = std::chrono::seconds(5)}};
  std::mt19937_64 random_{std::random_device{}()};
  std::atomic<bool> connected_{false};
  Mutex mutex_;
  CondVar done_changed_;
  bool done_ KD_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace kd
