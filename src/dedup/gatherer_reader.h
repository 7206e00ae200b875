#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/expected.h"
#include "base/log.h"
#include "base/mutex.h"
#include "database/connection.h"
#include "dedup/gatherer_session.h"
#include "dedup/observer.h"
#include "dedup/page_board.h"
#include "dedup/sync_mode.h"
#include "dedup/table_spec.h"

namespace kd {

struct TablePolling {
  std::int64_t batch_rows = 20'000;
  std::chrono::milliseconds interval{100};
};

// Reads one gatherer's tables, page after page, from where production stands, and leaves the
// pages on the board. Trusts no cursor: before the first page of an epoch, and after every
// reconnect, the row at the cursor must still be there, in the same database; otherwise the
// table is read again from its oldest row. A page of watermarks names all that was committed
// before it. Tells the gatherer what production durably has, and what it should fetch again.
// Owns a thread and, in it, a connection. A gatherer that is away is tried again and again.
class GathererReader {
 public:
  struct Options {
    std::size_t index = 0;  // in the deduplicator's list
    std::string id;
    ConnectOptions connect;
    std::array<TablePolling, kTableCount> polling;
    Backoff::Options backoff{std::chrono::milliseconds(200), std::chrono::milliseconds(5'000)};
    SyncModeLimits modes{};
    Shard shard{};
    std::chrono::milliseconds ack_interval{10'000};
  };

  GathererReader(Options options, PageBoard& board, DedupObserver& observer, Logger log);
  ~GathererReader();  // the board must have been stopped
  GathererReader(const GathererReader&) = delete;
  GathererReader& operator=(const GathererReader&) = delete;

  // Waits for the thread's end, once the board was stopped.
  void join();
  bool connected() const { return connected_.load(); }

 private:
  using Clock = PageBoard::Clock;

  struct Table {
    SyncCursor next;                // the last row read
    bool trusted = false;           // the row at `next` was seen in this connection
    bool rewinds = false;           // the next page starts at the oldest row again
    bool starts_over = false;       // it did, and the end was not reached since
    std::uint32_t incarnation = 0;  // see TableMark
    SyncMode mode = SyncMode::kRealtime;
    Clock::time_point due{};
    Clock::time_point measured_at{};
    std::int64_t row_bytes = 200;  // running estimate
  };

  void run();
  bool connect_if_needed();
  void adopt_epoch();
  void poll_what_is_due();
  Clock::time_point next_due() const;
  Expected<void> poll(std::size_t table);
  bool may_poll(std::size_t table) const;
  Expected<void> check_cursor(std::size_t table);
  void start_over(std::size_t table);
  void choose_mode(std::size_t table);
  Expected<std::int64_t> read_page(std::size_t table, std::int64_t limit, std::int64_t begun_us);
  Expected<TableMarks> needs_of_proofs();
  void measure_at_rest();
  Expected<void> measure(std::size_t table);
  void tell_gatherer();
  std::vector<GathererSession::Ack> acks() const;
  void lose_connection(const Error& error, std::size_t table);

  const Options options_;
  PageBoard& board_;
  DedupObserver& observer_;
  const Logger log_;
  std::unique_ptr<GathererSession> session_;
  std::array<Table, kTableCount> tables_;
  std::uint64_t epoch_ = 0;
  std::string consumer_;
  Clock::time_point acked_at_{};
  bool told_deaf_ = false;  // that it takes no acknowledgements; logged once per connection
  Backoff backoff_;
  // The remedy of the failure that was logged since the last connect: retries that fail alike say
  // nothing more.
  std::optional<Remedy> told_away_;
  std::atomic<bool> connected_{false};
  std::jthread thread_;  // last: stops before the members it uses
};

}  // namespace kd
