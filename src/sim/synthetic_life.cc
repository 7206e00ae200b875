#include "sim/synthetic_life.h"

#include <algorithm>

namespace kd::sim {

namespace {

// Even a small world shows a whole life within a minute.
constexpr double kRarestChurnMs = 10'000;
constexpr std::int64_t kFirstMs = 2'000;
constexpr std::int64_t kPauseMs = 3'000;

double interval_ms(double per_minute) { return per_minute > 0 ? 60'000 / per_minute : 0; }

}  // namespace

SyntheticLife::SyntheticLife(const SyntheticOptions& options, Random& random)
    : slots_(options.markets),
      churn_{std::min(kRarestChurnMs, interval_ms(options.churn_per_minute()))},
      combos_{interval_ms(options.combos())},
      random_(random),
      busy_(options.markets) {}

bool SyntheticLife::next(std::int64_t now_ms,
                         const std::function<MarketIndex(std::size_t)>& market_in, LifeStep& out) {
  if (due(churn_, now_ms)) {
    const std::size_t slot = random_.below(slots_);
    if (!busy_[slot]) return start_churn(now_ms, slot, market_in(slot), out);
  }
  if (due(combos_, now_ms)) {
    out = {now_ms, LifeStepKind::kAskCombo, kNoSlot, kNoMarket};
    return true;
  }
  if (steps_.empty() || steps_.top().at_ms > now_ms) return false;
  out = steps_.top();
  steps_.pop();
  if (out.kind == LifeStepKind::kOpen || out.kind == LifeStepKind::kResume) busy_[out.slot] = false;
  return true;
}

bool SyntheticLife::due(Recurring& what, std::int64_t now_ms) {
  if (what.interval_ms <= 0) return false;
  if (what.next_ms == 0) what.next_ms = now_ms + kFirstMs;
  if (now_ms < what.next_ms) return false;
  const double wait = what.interval_ms * (0.5 + random_.uniform());
  // From when it was due: a high rate is kept although `now_ms` goes in steps.
  what.next_ms = std::max(what.next_ms, now_ms - 1000) +
                 std::max<std::int64_t>(1, static_cast<std::int64_t>(wait));
  return true;
}

bool SyntheticLife::start_churn(std::int64_t now_ms, std::size_t slot, MarketIndex market,
                                LifeStep& out) {
  const double luck = random_.uniform();
  const LifeStepKind kind = luck < 0.15   ? LifeStepKind::kPause
                            : luck < 0.30 ? LifeStepKind::kChange
                                          : LifeStepKind::kAnnounceClose;
  busy_[slot] = kind != LifeStepKind::kChange;
  out = {now_ms, kind, slot, market};
  if (kind == LifeStepKind::kPause) {
    steps_.push({now_ms + kPauseMs, LifeStepKind::kResume, slot, market});
  }
  return true;
}

std::int64_t SyntheticLife::after(std::int64_t base_ms, std::uint64_t least, std::uint64_t spread) {
  return base_ms + static_cast<std::int64_t>(least + random_.below(spread));
}

void SyntheticLife::plan_end(const LifeStep& announced, std::int64_t close_ms,
                             MarketIndex successor, std::int64_t open_ms) {
  steps_.push({close_ms, LifeStepKind::kClose, announced.slot, announced.market});
  steps_.push({std::max(open_ms, close_ms + 1), LifeStepKind::kOpen, announced.slot, successor});
  std::int64_t last_close_ms = close_ms;
  if (random_.chance(0.05)) {
    steps_.push({close_ms + 500, LifeStepKind::kReopen, announced.slot, announced.market});
    last_close_ms += 4000;
  }
  plan_outcome(announced.slot, announced.market, last_close_ms);
}

void SyntheticLife::plan_combo(MarketIndex combo, std::int64_t open_ms, std::int64_t close_ms) {
  steps_.push({open_ms + 1, LifeStepKind::kTradeCombo, kNoSlot, combo});
  plan_outcome(kNoSlot, combo, close_ms);
}

void SyntheticLife::plan_outcome(std::size_t slot, MarketIndex market, std::int64_t close_ms) {
  const std::int64_t cleared = after(close_ms, 150, 1500);
  std::int64_t determined = after(cleared, 300, 1500);
  steps_.push({cleared, LifeStepKind::kClearBook, slot, market});
  steps_.push({determined, LifeStepKind::kDetermine, slot, market});
  if (random_.chance(0.05)) {
    steps_.push({determined + 500, LifeStepKind::kDispute, slot, market});
    determined += 1000;
    steps_.push({determined, LifeStepKind::kAmend, slot, market});
  }
  steps_.push({after(determined, 1000, 1000), LifeStepKind::kSettle, slot, market});
}

}  // namespace kd::sim
