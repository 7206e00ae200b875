#include "database/lock_watch.h"

#include <string>
#include <utility>

namespace kd {

LockWatch::LockWatch(ConnectOptions connect, std::int64_t watched_pid,
                     std::function<bool()> give_up, std::chrono::milliseconds look_every)
    : watched_pid_(watched_pid),
      give_up_(std::move(give_up)),
      look_every_(look_every),
      thread_([this, options = std::move(connect)] { run(options); }) {}

LockWatch::~LockWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void LockWatch::run(const ConnectOptions& connect) {
  const auto session = Connection::connect(connect);
  if (!session) return;  // then nothing is cancelled: the statement ends by itself
  for (bool waited = false; !ended(look_every_);) {
    const bool waits = somebody_waits(**session);
    if ((waits && waited) || give_up_()) {
      static_cast<void>(
          (*session)->query("SELECT pg_cancel_backend($1)", {std::to_string(watched_pid_)}));
    }
    waited = waits;
  }
}

bool LockWatch::somebody_waits(Connection& session) const {
  const auto rows = session.query(
      "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND $1::int = "
      "ANY(pg_blocking_pids(pid)))",
      {std::to_string(watched_pid_)});
  return rows && rows->at(0).at(0) == "t";
}

bool LockWatch::ended(std::chrono::milliseconds wait) {
  mutex_.lock();
  wake_.wait_for(mutex_, wait, [this]() KD_REQUIRES(mutex_) { return stopping_; });
  const bool stopping = stopping_;
  mutex_.unlock();
  return stopping;
}

Expected<std::int64_t> backend_pid(Connection& session) {
  KD_TRY(const auto rows, session.query("SELECT pg_backend_pid()"));
  return int_at(rows.at(0), 0).value_or(0);
}

}  // namespace kd
