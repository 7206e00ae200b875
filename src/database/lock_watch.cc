#include "database/lock_watch.h"

#include <string>
#include <utility>

namespace kd {

namespace {

// A watch that waits long for its own answers watches nothing.
constexpr std::chrono::seconds kPatience{2};

}  // namespace

Expected<std::unique_ptr<LockWatch>> LockWatch::start(ConnectOptions connect,
                                                      std::int64_t watched_pid,
                                                      std::function<bool()> give_up,
                                                      std::chrono::milliseconds look_every) {
  connect.connect_timeout = kPatience;
  connect.answer_timeout = kPatience;
  KD_TRY(auto session, Connection::connect(connect));
  return std::unique_ptr<LockWatch>(new LockWatch(std::move(connect), std::move(session),
                                                  watched_pid, std::move(give_up), look_every));
}

LockWatch::LockWatch(ConnectOptions connect, std::unique_ptr<Connection> session,
                     std::int64_t watched_pid, std::function<bool()> give_up,
                     std::chrono::milliseconds look_every)
    : connect_(std::move(connect)),
      session_(std::move(session)),
      watched_pid_(watched_pid),
      give_up_(std::move(give_up)),
      look_every_(look_every),
      thread_([this] { run(); }) {}

LockWatch::~LockWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void LockWatch::run() {
  while (!ended()) look();
}

void LockWatch::look() {
  if (!connected()) return;
  const bool given_up = give_up_();
  const bool waits = !given_up && somebody_waits();
  if (given_up || (waits && waited_)) {
    static_cast<void>(
        session_->query("SELECT pg_cancel_backend($1)", {std::to_string(watched_pid_)}));
  }
  waited_ = waits;
}

bool LockWatch::connected() {
  if (session_ && session_->usable()) return true;
  auto session = Connection::connect(connect_);
  session_ = session ? *std::move(session) : nullptr;
  return session_ != nullptr;
}

bool LockWatch::somebody_waits() {
  const auto rows = session_->query(
      "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND $1::int = "
      "ANY(pg_blocking_pids(pid)))",
      {std::to_string(watched_pid_)});
  return rows && rows->at(0).at(0) == "t";
}

bool LockWatch::ended() {
  mutex_.lock();
  wake_.wait_for(mutex_, look_every_, [this]() KD_REQUIRES(mutex_) { return stopping_; });
  const bool stopping = stopping_;
  mutex_.unlock();
  return stopping;
}

Expected<std::int64_t> backend_pid(Connection& session) {
  KD_TRY(const auto rows, session.query("SELECT pg_backend_pid()"));
  return int_at(rows.at(0), 0).value_or(0);
}

}  // namespace kd
