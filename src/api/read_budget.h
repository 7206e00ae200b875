#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "api/token_bucket.h"

namespace kd {

// Whose request goes first when tokens are short, the first one first.
enum class RestPriority : std::uint8_t {
  kStatus,     // is the exchange open, what is our budget
  kLifecycle,  // a market that was just announced; a leg check
  kReconcile,  // increments and look-ups
  kFirstWalk,
  kSweep,  // order books
  kLaterWalk,
  kBackfill,  // what could as well come tomorrow
};

// Decides which waiting request may be sent and when: one token bucket shared by everybody, by
// priority. Every eighth grant goes to whoever waits longest, so that a sweep which uses up the
// budget slows a walk down and never starves it.
//
// After a 429 nothing is sent for a second. After a 401 or 403 nothing is sent until a pause is
// over, then a single request that shows whether the exchange takes our credentials again.
// Pure: time is an argument. Not thread-safe.
class ReadBudget {
 public:
  using Clock = TokenBucket::Clock;
  using Ticket = std::uint64_t;               // of a request; later ones are greater
  static constexpr double kRequestCost = 10;  // tokens; protocol notes, section 2.9
  static constexpr std::chrono::seconds kAfter429{1};
  static constexpr std::chrono::seconds kFirstPause{30};  // after a 401; doubles
  static constexpr std::chrono::seconds kLongestPause{300};

  ReadBudget(TokenBucket::Options options, Clock::time_point now) : bucket_(options, now) {}

  void wait(Ticket ticket, RestPriority priority);
  // A waiting request that may be sent now; its tokens are taken.
  std::optional<Ticket> next(Clock::time_point now);
  // When next() may answer something; absent while nothing waits, or an answer is waited for.
  std::optional<Clock::time_point> next_at(Clock::time_point now) const;
  // A request was answered with this HTTP status; 0: not at all.
  void answered(int status, Clock::time_point now);

  void configure(TokenBucket::Options options, Clock::time_point now) {
    bucket_.configure(options, now);
  }
  double available(Clock::time_point now) const { return bucket_.available(now); }
  bool refused() const { return credentials_ != Credentials::kTaken; }

 private:
  static constexpr std::size_t kPriorities = 7;
  static constexpr int kOldestEvery = 8;  // grants
  enum class Credentials : std::uint8_t { kTaken, kRefused, kOnTrial };

  std::deque<Ticket>* choose();
  bool empty() const;

  TokenBucket bucket_;
  std::array<std::deque<Ticket>, kPriorities> waiting_;
  int grants_ = 0;
  Clock::time_point held_until_{};
  Credentials credentials_ = Credentials::kTaken;
  std::chrono::seconds pause_{kFirstPause};
};

}  // namespace kd
