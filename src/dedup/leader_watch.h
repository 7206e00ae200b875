#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace kd {

// Tells a standby when the leader's session stands still. The server itself ends a session that
// is idle, but not one that is inside a COPY and gets no more bytes from its client: of a leader
// that was stopped, or cut off behind something that keeps its connection open. A value.
class LeaderWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // The session that holds the leader lock, as the server sees it.
  struct Sample {
    std::int64_t pid = 0;
    bool waits_for_client = false;  // inside a statement
    std::int64_t copied_bytes = 0;
  };

  explicit LeaderWatch(std::chrono::milliseconds patience) : patience_(patience) {}

  // nullopt: nobody holds the lock. True: it waited for its client, without a byte, all the time
  // since a look that lies `patience` back.
  bool stands_still(const std::optional<Sample>& sample, Clock::time_point now);

 private:
  std::chrono::milliseconds patience_;
  std::optional<Sample> last_;
  Clock::time_point since_{};
};

}  // namespace kd
