#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "sim/synthetic_world.h"

namespace kd::sim {

enum class LifeStepKind : std::uint8_t {
  kAnnounceClose,  // the close time is moved near; a successor is created
  kOpen,           // the successor takes over the slot's traffic
  kClose,          // no event; traffic has ended
  kClearBook,      // the unsolicited empty snapshot after the close
  kDetermine,
  kSettle,
  kPause,
  kResume,
};

struct LifeStep {
  std::int64_t at_ms;
  LifeStepKind kind;
  std::size_t slot;
  MarketIndex market;
};

// When synthetic markets close, are replaced, pause and resume. Plans only; time is an argument.
// Confined to one thread.
class SyntheticLife {
 public:
  SyntheticLife(const SyntheticOptions& options, Random& random);

  // The next step due by `now_ms`; nothing when there is none. `market_in` tells who holds a slot.
  bool next(std::int64_t now_ms, const std::function<MarketIndex(std::size_t)>& market_in,
            LifeStep& out);
  // What follows an announced close: `close_ms` is when the market closes, `successor` what takes
  // its slot at `open_ms`.
  void plan_end(const LifeStep& announced, std::int64_t close_ms, MarketIndex successor,
                std::int64_t open_ms);

 private:
  struct Later {
    bool operator()(const LifeStep& a, const LifeStep& b) const { return a.at_ms > b.at_ms; }
  };
  void plan_next_churn(std::int64_t now_ms);

  const std::size_t slots_;
  const double churn_interval_ms_;  // 0: markets live for ever
  Random& random_;
  std::int64_t next_churn_ms_ = 0;
  std::vector<bool> busy_;  // the slot's market is on its way out, or paused
  std::priority_queue<LifeStep, std::vector<LifeStep>, Later> steps_;
};

}  // namespace kd::sim
