#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/mutex.h"

namespace kd {

// Whether a connection may dial although the exchange refused our credentials: one tries for
// all, once in a while, and the others follow when it gets through. Any thread.
class AuthGate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit AuthGate(std::chrono::milliseconds between) : between_(between) {}

  bool may_dial(std::int32_t connection, Time now) {
    const MutexLock lock(mutex_);
    if (!closed_) return true;
    if (prober_ || now < next_) return prober_ == connection;
    prober_ = connection;
    return true;
  }
  // True: the gate was open until now.
  bool refused(Time now) {
    const MutexLock lock(mutex_);
    next_ = now + between_;
    prober_.reset();
    const bool first = !closed_;
    closed_ = true;
    return first;
  }
  void passed() {
    const MutexLock lock(mutex_);
    closed_ = false;
    ever_open_ = true;
    prober_.reset();
  }
  // A dial that ended otherwise says nothing about credentials.
  void undecided(std::int32_t connection) {
    const MutexLock lock(mutex_);
    if (prober_ == connection) prober_.reset();
  }
  // Our credentials were good once.
  bool ever_open() const {
    const MutexLock lock(mutex_);
    return ever_open_;
  }

 private:
  const std::chrono::milliseconds between_;
  mutable Mutex mutex_;
  bool closed_ KD_GUARDED_BY(mutex_) = false;
  bool ever_open_ KD_GUARDED_BY(mutex_) = false;
  Time next_ KD_GUARDED_BY(mutex_){};
  std::optional<std::int32_t> prober_ KD_GUARDED_BY(mutex_);
};

}  // namespace kd
