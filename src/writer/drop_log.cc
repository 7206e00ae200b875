#include "writer/drop_log.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

Micros ceil_to_ms(Micros at) { return std::chrono::ceil<std::chrono::milliseconds>(at); }

}  // namespace

DropLog::DropLog(MetricsRegistry& metrics, Logger log, Tell tell)
    : log_(std::move(log)), tell_(std::move(tell)) {
  for (const auto table : kAllTables) {
    counters_[index_of(table)] =
        &metrics.counter("writer_dropped_rows_total", "rows that will never be stored",
                         {{"writer", std::string(name_of(table))}});
  }
}

void DropLog::note(Table table, const RowBatch& rows) {
  note({.table = table,
        .rows = rows.rows(),
        .from = micros_from_us(rows.oldest_exchange_us),
        .to = micros_from_us(rows.newest_exchange_us),
        .reason = reason_.load()});
}

void DropLog::note(const Dropped& dropped) {
  counters_[index_of(dropped.table)]->add(static_cast<double>(dropped.rows));
  const MutexLock lock(mutex_);
  auto& sum = noted_[index_of(dropped.table)];
  if (sum.rows == 0) sum = {dropped.table, 0, dropped.from, dropped.to, dropped.reason};
  sum.rows += dropped.rows;
  sum.from = std::min(sum.from, dropped.from);
  sum.to = std::max(sum.to, dropped.to);
}

void DropLog::flush() {
  const MutexLock telling(telling_);
  std::array<Dropped, kAllTables.size()> taken;
  {
    const MutexLock lock(mutex_);
    taken = std::exchange(noted_, {});
  }
  for (auto& dropped : taken) {
    if (dropped.rows == 0) continue;
    dropped.from = floor_to_ms(dropped.from);
    dropped.to = ceil_to_ms(dropped.to);
    log_.error("rows were lost", {kv("table", name_of(dropped.table)), kv("rows", dropped.rows),
                                  kv("from_us", to_us(dropped.from)),
                                  kv("to_us", to_us(dropped.to)), kv("reason", dropped.reason)});
    tell_(dropped);
  }
}

}  // namespace kd
