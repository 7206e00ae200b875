#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backfill/trade_rows.h"
#include "base/expected.h"
#include "database/connection.h"
#include "database/partitions.h"

namespace kd {

inline constexpr std::string_view kCommandJob = "command";
inline constexpr std::string_view kAuditJob = "audit";

// Whose progress it is; see backfill_progress.
struct FillJob {
  std::string job;        // one of these two
  std::string selection;  // which trades; empty: all
};

// A window whose trades have all been read.
struct FilledWindow {
  TradeWindow window;
  std::int64_t read = 0;
  std::int64_t added = 0;  // before the last rows
  std::int64_t refused = 0;
};

// What merges the session's stage_rest_trades, whose times lie in [oldest, newest], into trades.
std::string merge_rest_trades(Micros oldest, Micros newest);

// Brings trades to production that are not there yet: a trade is one by its id, whatever times
// WebSocket and REST give it, and whoever stores trades holds the lock of their writer. Everything
// may be repeated. One database session, opened again when the server has ended it; confined to one
// thread.
class TradeStore {
 public:
  static Expected<std::unique_ptr<TradeStore>> open(ConnectOptions options);

  // Up to when the job has everything from `from` on, by this or an earlier run that began at or
  // before it.
  Expected<std::chrono::sys_seconds> done_until(const FillJob& job, std::chrono::sys_seconds from);
  // Where the job stands that came furthest; nothing when it never ran.
  struct Progress {
    std::chrono::sys_seconds from{};
    std::chrono::sys_seconds done_until{};
  };
  Expected<std::optional<Progress>> furthest(const FillJob& job);
  // The oldest trade that is stored.
  Expected<std::optional<Micros>> oldest_trade();

  // One transaction; how many of the rows were not there.
  Expected<std::int64_t> add(const TradeRows& rows);

  // The same, which completes a window: moves the job's progress, and writes what an audit found.
  Expected<std::int64_t> finish(const TradeRows& rows, const FillJob& job,
                                std::chrono::sys_seconds started, const FilledWindow& window);

 private:
  explicit TradeStore(ConnectOptions options) : options_(std::move(options)) {}

  Expected<void> connect();
  template <typename Work>
  Expected<std::int64_t> store(const TradeRows& rows, const Work& work);
  template <typename Work>
  Expected<std::int64_t> transact(const Work& work);
  Expected<void> empty_stage();
  Expected<void> prepare(const TradeRows& rows);
  Expected<void> open_partitions(std::int64_t oldest_us, std::int64_t newest_us);
  Expected<std::int64_t> merge(const TradeRows& rows);
  Expected<void> quarantine(const RefusedTrade& trade);
  Expected<void> move_progress(const FillJob& job, std::chrono::sys_seconds started,
                               const FilledWindow& window);
  Expected<void> note_audit(const FilledWindow& window);

  const ConnectOptions options_;
  std::unique_ptr<Connection> connection_;
  Partitions partitions_;
  std::int64_t staged_ = 0;  // rows of this page that may be new
};

}  // namespace kd
