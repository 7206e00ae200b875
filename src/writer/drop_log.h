#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/log.h"
#include "base/mutex.h"
#include "base/time.h"
#include "codec/row_batch.h"
#include "codec/table.h"
#include "metrics/registry.h"

namespace kd {

// Rows of one table that will never be stored.
struct Dropped {
  Table table{};
  std::uint64_t rows = 0;
  // Whole milliseconds between which the exchange's times of all of them lie.
  Micros from{};
  Micros to{};
  std::string_view reason;
};

// Sees to it that no row is lost silently: counts what is dropped, and tells the ledger. One
// telling covers everything since the last one, so that an hour of loss is not a million rows.
// Any thread; waits for nothing but its own telling.
class DropLog {
 public:
  // `tell` pushes a ledger row, so that it stands in the ledger's queue when it returns.
  using Tell = std::function<void(const Dropped&)>;
  DropLog(MetricsRegistry& metrics, Logger log, Tell tell);

  void note(Table table, const RowBatch& rows);
  // `reason` outlives the log. from and to are rounded outward here.
  void note(const Dropped& dropped);
  // Why rows are dropped from now on when the memory is full. A literal.
  void set_reason(const char* reason) { reason_.store(reason); }
  // Tells what was noted. When it returns, everything noted before is in the ledger's queue, by
  // whoever it was flushed.
  void flush();

 private:
  std::array<Counter*, kAllTables.size()> counters_{};
  const Logger log_;
  const Tell tell_;
  std::atomic<const char*> reason_{"writers.memory_limit is used up"};
  Mutex telling_;
  Mutex mutex_;
  std::array<Dropped, kAllTables.size()> noted_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
