#include "writer/batch_queue.h"

#include <algorithm>
#include <utility>

namespace kd {
namespace {

// A batch whose memory is mostly empty would fill the budget with nothing.
void trim(RowBatch& batch) {
  constexpr std::size_t kWorthIt = 64 << 10;
  if (batch.bytes.capacity() < kWorthIt || batch.bytes.size() > batch.bytes.capacity() / 4) return;
  batch.bytes.shrink_to_fit();
  batch.row_starts.shrink_to_fit();
  batch.exchange_us.shrink_to_fit();
}

// What is left of the budget to those who must not be refused by the rows of the market: the
// evidence, and what a writer reads back from disk.
double share_of(Table table) {
  switch (table) {
    case Table::kLedger:
    case Table::kWatermarks:
      return 0.875;
    case Table::kQuarantine:
      return 0.8125;
    default:
      return 0.75;
  }
}

}  // namespace

BatchQueue::BatchQueue(Table table, ByteBudget& budget, ExchangeClock& exchange_clock,
                       DropLog& drops)
    : table_(table), budget_(budget), exchange_clock_(exchange_clock), drops_(drops) {}

std::int64_t BatchQueue::bound() const {
  return static_cast<std::int64_t>(static_cast<double>(budget_.limit()) * share_of(table_));
}

void BatchQueue::push(RowBatch& batch) {
  exchange_clock_.note(batch.newest_sending_us);
  trim(batch);
  const auto bytes = batch.memory_bytes();
  if (!budget_.try_add(bytes, bound())) {
    drops_.note(table_, batch);
    batch.clear();
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(mutex_);
  rows_ += batch.rows();
  bytes_ += bytes;
  waiting_bytes_ += bytes;
  const auto last = pushed_.load() + batch.rows();
  queue_.push_back({.batch = {.rows = std::move(batch),
                              .last_row = last,
                              .in_doubt_position = 0,
                              .spilled = {},
                              .first_row = 0,
                              .counted_bytes = bytes},
                    .since = now});
  pushed_.store(last);
  batch = {};
  if (!spare_.empty()) {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  if (queue_.size() == 1 || enough(wanted_)) wake_.notify_all();
}

bool BatchQueue::enough(const Limits& limits) const {
  return rows_ >= limits.rows || waiting_bytes_ >= static_cast<std::int64_t>(limits.bytes);
}

BatchQueue::Source BatchQueue::pop(std::vector<QueuedBatch>& out, const Limits& limits,
                                   const std::stop_token& stop) {
  out.clear();
  const MutexLock lock(mutex_);
  wanted_ = limits;
  for (;;) {
    wake_.wait(mutex_, stop, [this]() KD_REQUIRES(mutex_) {
      return disk_ahead_ || (!spilling_ && (!queue_.empty() || closed_));
    });
    if (stop.stop_requested()) return Source::kStopped;
    if (disk_ahead_) {
      spills_seen_ = spills_;
      return Source::kDisk;
    }
    if (queue_.empty()) return Source::kEnd;
    wake_.wait_until(mutex_, stop, queue_.front().since + limits.wait, [&]() KD_REQUIRES(mutex_) {
      return enough(limits) || closed_ || spilling_ || disk_ahead_;
    });
    if (spilling_ || disk_ahead_ || stop.stop_requested()) continue;
    take(out, limits);
    return Source::kMemory;
  }
}

void BatchQueue::take(std::vector<QueuedBatch>& out, const Limits& limits) {
  std::size_t rows = 0;
  std::int64_t bytes = 0;
  while (!queue_.empty()) {
    auto& batch = queue_.front().batch;
    rows += batch.rows.rows();
    bytes += batch.counted_bytes;
    const bool fits = rows <= limits.rows && bytes <= static_cast<std::int64_t>(limits.bytes);
    if (!out.empty() && !fits) break;
    rows_ -= batch.rows.rows();
    waiting_bytes_ -= batch.counted_bytes;
    out.push_back(std::move(batch));
    queue_.pop_front();
  }
}

void BatchQueue::disk_is_empty() {
  const MutexLock lock(mutex_);
  if (spills_ != spills_seen_) return;
  disk_ahead_ = false;
  if (queue_.empty() && !spilling_) settled_.store(pushed_.load());
}

void BatchQueue::count(std::vector<QueuedBatch>& batches) {
  const MutexLock lock(mutex_);
  for (auto& batch : batches) {
    batch.counted_bytes = batch.rows.memory_bytes();
    bytes_ += batch.counted_bytes;
    budget_.add(batch.counted_bytes);
  }
}

void BatchQueue::settle(std::vector<QueuedBatch>& batches) {
  const MutexLock lock(mutex_);
  for (const auto& batch : batches) {
    settled_.store(std::max(settled_.load(), batch.last_row));
  }
  recycle(batches);
}

void BatchQueue::forget(std::vector<QueuedBatch>& batches) {
  const MutexLock lock(mutex_);
  recycle(batches);
}

void BatchQueue::recycle(std::vector<QueuedBatch>& batches) {
  constexpr std::size_t kMostSpare = 4;
  constexpr std::size_t kMostSpareBytes = 1 << 20;
  for (auto& batch : batches) {
    bytes_ -= batch.counted_bytes;
    budget_.release(batch.counted_bytes);
    batch.rows.clear();
    if (spare_.size() < kMostSpare && batch.rows.bytes.capacity() <= kMostSpareBytes) {
      spare_.push_back(std::move(batch.rows));
    }
  }
  batches.clear();
}

void BatchQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  wake_.notify_all();
}

bool BatchQueue::begin_spill(std::vector<QueuedBatch>& out, std::int64_t bytes) {
  out.clear();
  const MutexLock lock(mutex_);
  if (queue_.empty()) return false;
  spilling_ = true;
  take(
      out,
      {.rows = static_cast<std::size_t>(-1), .bytes = static_cast<std::size_t>(bytes), .wait = {}});
  return true;
}

void BatchQueue::end_spill(std::vector<QueuedBatch>& batches, bool saved) {
  const MutexLock lock(mutex_);
  spilling_ = false;
  if (saved) {
    ++spills_;
    disk_ahead_ = true;
    recycle(batches);
  } else {
    const auto now = std::chrono::steady_clock::now();
    for (auto batch = batches.rbegin(); batch != batches.rend(); ++batch) {
      rows_ += batch->rows.rows();
      waiting_bytes_ += batch->counted_bytes;
      queue_.push_front({.batch = std::move(*batch), .since = now});
    }
    batches.clear();
  }
  wake_.notify_all();
}

void BatchQueue::disk_has_rows() {
  const MutexLock lock(mutex_);
  disk_ahead_ = true;
}

BatchQueue::Load BatchQueue::load(std::chrono::steady_clock::time_point now) const {
  const MutexLock lock(mutex_);
  Load load{.bytes = bytes_, .waiting_bytes = waiting_bytes_, .oldest = {}};
  if (!queue_.empty()) {
    load.oldest = std::chrono::duration_cast<std::chrono::milliseconds>(now - queue_.front().since);
  }
  return load;
}

}  // namespace kd
