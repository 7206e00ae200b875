#pragma once

#include <chrono>
#include <condition_variable>
#include <stop_token>
#include <vector>

#include "base/byte_budget.h"
#include "base/mutex.h"
#include "codec/row_batch.h"

namespace kd {

// Where batches of one table cross from the I/O threads to the writer's. Any thread.
//
// The bound is the budget, which all tables share: who hands over looks at it and stops reading
// its sockets when it is exhausted; nothing is ever refused here.
class BatchQueue {
 public:
  explicit BatchQueue(ByteBudget& budget) : budget_(budget) {}

  // Takes the rows and leaves an empty batch, with the memory of one written before.
  void push(RowBatch& batch);

  // Moves batches to `out` until it holds `rows` rows or the queue is empty. Waits until
  // `rows` rows are there or `wait` is over since the first came. False: closed and empty, or
  // asked to stop.
  bool pop(std::vector<RowBatch>& out, std::size_t rows, std::chrono::milliseconds wait,
           const std::stop_token& stop = {});

  // Gives batches back: they are written, and their memory may be used again.
  void recycle(std::vector<RowBatch>& batches);

  void close();

  std::size_t bytes() const;

 private:
  ByteBudget& budget_;
  mutable Mutex mutex_;
  CondVar wake_;
  std::vector<RowBatch> queue_ KD_GUARDED_BY(mutex_);
  std::vector<RowBatch> spare_ KD_GUARDED_BY(mutex_);
  std::size_t rows_ KD_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ KD_GUARDED_BY(mutex_) = 0;  // queued or being written
  std::size_t wake_at_rows_ KD_GUARDED_BY(mutex_) = 0;
  bool closed_ KD_GUARDED_BY(mutex_) = false;
};

}  // namespace kd
