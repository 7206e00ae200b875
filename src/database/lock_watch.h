#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "base/expected.h"
#include "base/mutex.h"
#include "database/connection.h"

namespace kd {

// Cancels the statement of another session of ours as soon as somebody waited for its locks at two
// looks in a row, or `give_up` says so: work that can be done later gives way to a writer. Watches
// from its own session while it lives, and opens that anew when it is lost. Confined to the thread
// that made it.
class LockWatch {
 public:
  // Stands when this returns, so that nothing goes on unwatched. `give_up` is called by the
  // watching thread. `look_every` is half of what a writer is made to wait at most.
  static Expected<std::unique_ptr<LockWatch>> start(
      ConnectOptions connect, std::int64_t watched_pid, std::function<bool()> give_up,
      std::chrono::milliseconds look_every = std::chrono::milliseconds(300));
  ~LockWatch();
  LockWatch(const LockWatch&) = delete;
  LockWatch& operator=(const LockWatch&) = delete;

 private:
  LockWatch(ConnectOptions connect, std::unique_ptr<Connection> session, std::int64_t watched_pid,
            std::function<bool()> give_up, std::chrono::milliseconds look_every);
  void run();
  void look();
  bool connected();
  bool somebody_waits();
  bool ended();

  const ConnectOptions connect_;
  std::unique_ptr<Connection> session_;  // the watching thread's
  bool waited_ = false;                  // at the last look
  const std::int64_t watched_pid_;
  const std::function<bool()> give_up_;
  const std::chrono::milliseconds look_every_;
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ KD_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

// The server process of a session.
Expected<std::int64_t> backend_pid(Connection& session);

}  // namespace kd
