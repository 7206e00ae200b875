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
  kReopen,         // the close time moves behind now again
  kClearBook,      // the unsolicited empty snapshot after the close
  kDetermine,
  kDispute,
  kAmend,  // with another result
  kSettle,
  kPause,
  kResume,
  kChange,      // of metadata, price grid, close time or fee
  kAskCombo,    // somebody asks for a combo: it is created
  kTradeCombo,  // it has opened
};

inline constexpr std::size_t kNoSlot = ~std::size_t{0};

struct LifeStep {
  std::int64_t at_ms;
  LifeStepKind kind;
  std::size_t slot;  // kNoSlot: a combo made on demand, which has none
  MarketIndex market;
};

// When synthetic markets close, are replaced, pause, resume and change, and when combos are asked
// for. Plans only; time is an argument. Confined to one thread.
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
  // The whole life of a combo, from `open_ms` on.
  void plan_combo(MarketIndex combo, std::int64_t open_ms, std::int64_t close_ms);

 private:
  struct Later {
    bool operator()(const LifeStep& a, const LifeStep& b) const { return a.at_ms > b.at_ms; }
  };
  // Due again and again, at random intervals.
  struct Recurring {
    double interval_ms;  // mean; 0: never
    std::int64_t next_ms = 0;
  };
  bool due(Recurring& what, std::int64_t now_ms);
  bool start_churn(std::int64_t now_ms, std::size_t slot, MarketIndex market, LifeStep& out);
  std::int64_t after(std::int64_t base_ms, std::uint64_t least, std::uint64_t spread);
  void plan_outcome(std::size_t slot, MarketIndex market, std::int64_t close_ms);

  const std::size_t slots_;
  Recurring churn_, combos_;
  Random& random_;
  std::vector<bool> busy_;  // the slot's market is on its way out, or paused
  std::priority_queue<LifeStep, std::vector<LifeStep>, Later> steps_;
};

}  // namespace kd::sim
