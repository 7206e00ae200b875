#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <stop_token>
#include <vector>

#include "base/byte_budget.h"
#include "base/mutex.h"
#include "codec/table.h"
#include "writer/drop_log.h"
#include "writer/exchange_clock.h"
#include "writer/queued_batch.h"

namespace kd {

// Where batches of one table cross from the threads that make them to the one that writes them.
//
// Order: what the writer holds is older than what is on disk, that is older than what waits here,
// and within each of them the order is that of push(). The spill thread takes the oldest that wait
// (begin_spill, end_spill); until everything on disk is read, the writer is sent there.
//
// The memory of all tables is bounded by the budget: what a push would put above the table's part
// of it is dropped and noted, and nobody waits. Any thread.
class BatchQueue {
 public:
  BatchQueue(Table table, ByteBudget& budget, ExchangeClock& exchange_clock, DropLog& drops);

  // Takes the rows and leaves an empty batch, with the memory of one written before.
  void push(RowBatch& batch);

  struct Limits {
    std::size_t rows = 0;  // enough for a transaction; a batch larger than that comes alone
    std::size_t bytes = 0;
    std::chrono::milliseconds wait{};  // for so many, since the first came
  };
  enum class Source {
    kMemory,   // `out` has batches
    kDisk,     // the next ones are on disk
    kEnd,      // closed, and all of it taken
    kStopped,  // `stop` was requested
  };
  Source pop(std::vector<QueuedBatch>& out, const Limits& limits, const std::stop_token& stop = {});
  // After kDisk: the writer found nothing more there.
  void disk_is_empty();
  // Counts the memory of batches that were read from disk.
  void count(std::vector<QueuedBatch>& batches);
  // The rows are committed, or known to be refused: their memory may be used again.
  void settle(std::vector<QueuedBatch>& batches);
  // The rows are on disk, for the next process.
  void forget(std::vector<QueuedBatch>& batches);
  void close();

  // Takes the oldest batches that wait, about `bytes` of them; the writer waits until
  // end_spill(). False: none wait.
  bool begin_spill(std::vector<QueuedBatch>& out, std::int64_t bytes);
  // `saved`: they are on disk. Otherwise they wait again, in front.
  void end_spill(std::vector<QueuedBatch>& batches, bool saved);
  // There are rows on disk of an earlier process.
  void disk_has_rows();

  struct Load {
    std::int64_t bytes = 0;              // waiting, being spilled or being written
    std::int64_t waiting_bytes = 0;      // what begin_spill() could take
    std::chrono::milliseconds oldest{};  // how long the first of them has waited
  };
  Load load(std::chrono::steady_clock::time_point now) const;

  // Rows taken over from push() since the beginning, and how many of those, counted from the
  // first, are committed or refused.
  std::uint64_t pushed() const { return pushed_.load(); }
  std::uint64_t settled() const { return settled_.load(); }

 private:
  struct Waiting {
    QueuedBatch batch;
    std::chrono::steady_clock::time_point since;
  };
  std::int64_t bound() const;
  bool enough(const Limits& limits) const KD_REQUIRES(mutex_);
  void take(std::vector<QueuedBatch>& out, const Limits& limits) KD_REQUIRES(mutex_);
  void recycle(std::vector<QueuedBatch>& batches) KD_REQUIRES(mutex_);

  const Table table_;
  ByteBudget& budget_;
  ExchangeClock& exchange_clock_;
  DropLog& drops_;
  std::atomic<std::uint64_t> pushed_{0};
  std::atomic<std::uint64_t> settled_{0};
  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<Waiting> queue_ KD_GUARDED_BY(mutex_);
  std::vector<RowBatch> spare_ KD_GUARDED_BY(mutex_);
  std::size_t rows_ KD_GUARDED_BY(mutex_) = 0;            // in queue_
  std::int64_t waiting_bytes_ KD_GUARDED_BY(mutex_) = 0;  // in queue_
  std::int64_t bytes_ KD_GUARDED_BY(mutex_) = 0;          // in queue_ or in somebody's hands
  Limits wanted_ KD_GUARDED_BY(mutex_);
  bool spilling_ KD_GUARDED_BY(mutex_) = false;
  bool disk_ahead_ KD_GUARDED_BY(mutex_) = false;
  std::uint64_t spills_ KD_GUARDED_BY(mutex_) = 0;
  std::uint64_t spills_seen_ KD_GUARDED_BY(mutex_) = 0;  // when the writer was sent to the disk
  bool closed_ KD_GUARDED_BY(mutex_) = false;
};

}  // namespace kd
