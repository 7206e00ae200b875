#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/expected.h"
#include "base/log.h"
#include "database/connection.h"

namespace kd {

// Reads what the deduplicator asks of this gatherer: rows of `resync_requests` that are written
// while we run. Owns a thread and, in it, a session; the hooks run on it.
class ResyncInbox {
 public:
  struct Options {
    ConnectOptions connect;
    std::chrono::milliseconds interval{1'000};
  };
  struct Hooks {
    std::function<void(const std::vector<std::string>& tickers)> renew;
    std::function<void(std::int32_t connection, const std::string& reason)> replace;
  };
  ResyncInbox(Options options, Hooks hooks, Logger log);
  ~ResyncInbox();  // stops and joins
  ResyncInbox(const ResyncInbox&) = delete;
  ResyncInbox& operator=(const ResyncInbox&) = delete;

  // Does not wait; a hook that runs is finished.
  void request_stop();

 private:
  void run(const std::stop_token& stop);
  Expected<void> connect();
  Expected<void> look();

  const Options options_;
  const Hooks hooks_;
  const Logger log_;
  std::unique_ptr<Connection> connection_;
  std::int64_t last_id_ = -1;  // -1: not known yet
  bool told_away_ = false;
  std::jthread thread_;  // last: stops before the members it uses
};

}  // namespace kd
