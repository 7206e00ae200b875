#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace kd {

// Work handed to one thread by others. Held by a shared pointer, so that whoever posts late (an
// answer that comes when its asker is gone) posts to nobody instead of to freed memory.
class TaskQueue {
 public:
  using Task = std::function<void()>;
  using Clock = std::chrono::steady_clock;

  // Any thread. After close() the task is dropped.
  void post(Task task) {
    const MutexLock lock(mutex_);
    if (closed_) return;
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }
  // Any thread: the owner's wait ends.
  void wake() {
    const MutexLock lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  }
  // The owner: waits for work, until a time or a stop; what is to be run, in order.
  std::vector<Task> wait(Clock::time_point until, const std::stop_token& stop) {
    std::vector<Task> tasks;
    const MutexLock lock(mutex_);
    wake_.wait_until(mutex_, stop, until,
                     [this]() KD_REQUIRES(mutex_) { return woken_ || !tasks_.empty(); });
    woken_ = false;
    tasks.swap(tasks_);
    return tasks;
  }
  void close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    tasks_.clear();
  }

 private:
  Mutex mutex_;
  CondVar wake_;
  std::vector<Task> tasks_ KD_GUARDED_BY(mutex_);
  bool woken_ KD_GUARDED_BY(mutex_) = false;
  bool closed_ KD_GUARDED_BY(mutex_) = false;
};

}  // namespace kd
