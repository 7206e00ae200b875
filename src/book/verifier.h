#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "book/book_checker.h"
#include "book/pending_books.h"
#include "database/connection.h"
#include "database/partitions.h"
#include "metrics/registry.h"

namespace kd {

// Compares every REST book that waits in production with the book rebuilt from the record, and
// stores what came of it (book_checks). One thread with its own session; works only while this
// process leads. Any thread may call the public functions.
class BookVerifier {
 public:
  struct Options {
    ConnectOptions production;  // role deduplicator
    MarketShard shard;
    std::function<bool()> leads;
    // Exchange time, µs, up to which everything is merged that can be reached; nothing: not known.
    std::function<std::optional<std::int64_t>()> settled_until_us;
    // Which parts of a market are covered, asked with this thread's session.
    std::function<Expected<CoverageAnswer>(Connection& production, const std::string& ticker,
                                           std::int64_t from, std::int64_t to)>
        coverage;
    BookChecker::Options checker;
    // A book is looked at once everything is merged up to so long after it was received: late
    // proofs and the book that replaces a closed one are then there.
    std::chrono::microseconds settle{40'000'000};
    std::chrono::milliseconds interval{1'000};  // between looks when nothing waits
    int batch_books = 2'000;
    std::int64_t most_pending = 5'000'000;  // beyond, books are stored in full unchecked
  };

  BookVerifier(Options options, MetricsRegistry& registry, Logger log);
  ~BookVerifier();
  BookVerifier(const BookVerifier&) = delete;
  BookVerifier& operator=(const BookVerifier&) = delete;

  void start();
  void request_stop();  // does not wait
  void stop();

 private:
  void run(const std::stop_token& stop);
  void pause(const std::stop_token& stop);
  Expected<void> open_session();
  Expected<bool> work();  // whether more is likely to wait
  Expected<std::vector<CheckResult>> judge(const PendingBooks& pending);
  Expected<void> check_backlog();
  Expected<void> ensure_partitions(const PendingBooks& pending);
  void count(const PendingBooks& pending, const std::vector<CheckResult>& results);

  const Options options_;
  const Logger log_;
  Counter& verified_;
  Counter& mismatches_;

  // The thread's own.
  std::unique_ptr<Connection> connection_;
  std::optional<Partitions> partitions_;
  BookChecker checker_;
  bool overflow_ = false;
  std::chrono::steady_clock::time_point backlog_looked_at_{};

  Mutex mutex_;
  CondVar wake_;
  std::jthread thread_;  // last: stops before the members it uses
};

}  // namespace kd
