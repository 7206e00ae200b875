#include "writer/batch_queue.h"

#include <utility>

namespace kd {

void BatchQueue::push(RowBatch& batch) {
  const auto bytes = batch.bytes.size();
  budget_.add(static_cast<std::int64_t>(bytes));
  const MutexLock lock(mutex_);
  rows_ += batch.rows();
  bytes_ += bytes;
  queue_.push_back(std::move(batch));
  batch = {};
  if (!spare_.empty()) {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  if (queue_.size() == 1 || rows_ >= wake_at_rows_) wake_.notify_one();
}

bool BatchQueue::pop(std::vector<RowBatch>& out, std::size_t rows, std::chrono::milliseconds wait,
                     const std::stop_token& stop) {
  out.clear();
  const MutexLock lock(mutex_);
  wake_at_rows_ = rows;
  wake_.wait(mutex_, stop, [this]() KD_REQUIRES(mutex_) { return !queue_.empty() || closed_; });
  if (stop.stop_requested()) return false;
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (rows_ < rows && !closed_) {
    if (wake_.wait_until(mutex_, deadline) == std::cv_status::timeout) break;
  }
  std::size_t taken = 0;
  std::size_t count = 0;
  while (count < queue_.size() && (count == 0 || taken + queue_[count].rows() <= rows)) {
    taken += queue_[count++].rows();
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  out.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  rows_ -= taken;
  return !out.empty() || !closed_;
}

void BatchQueue::recycle(std::vector<RowBatch>& batches) {
  constexpr std::size_t kMostSpare = 8;
  constexpr std::size_t kMostSpareBytes = 4 << 20;
  const MutexLock lock(mutex_);
  for (auto& batch : batches) {
    bytes_ -= batch.bytes.size();
    budget_.release(static_cast<std::int64_t>(batch.bytes.size()));
    batch.clear();
    if (spare_.size() < kMostSpare && batch.bytes.capacity() <= kMostSpareBytes) {
      spare_.push_back(std::move(batch));
    }
  }
  batches.clear();
}

void BatchQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  wake_.notify_all();
}

std::size_t BatchQueue::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace kd
