#include "sim/synthetic_life.h"

#include <algorithm>

namespace kd::sim {

namespace {

// Even a small world shows a whole life within a minute.
constexpr double kRarestMs = 10'000;
constexpr std::int64_t kFirstMs = 2'000;

double churn_interval_ms(const SyntheticOptions& options) {
  const double per_minute = options.churn_per_minute * static_cast<double>(options.markets);
  return per_minute > 0 ? std::min(kRarestMs, 60'000 / per_minute) : 0;
}

}  // namespace

SyntheticLife::SyntheticLife(const SyntheticOptions& options, Random& random)
    : slots_(options.markets),
      churn_interval_ms_(churn_interval_ms(options)),
      random_(random),
      busy_(options.markets) {}

bool SyntheticLife::next(std::int64_t now_ms,
                         const std::function<MarketIndex(std::size_t)>& market_in, LifeStep& out) {
  if (next_churn_ms_ == 0) next_churn_ms_ = now_ms + kFirstMs;
  if (churn_interval_ms_ > 0 && now_ms >= next_churn_ms_) {
    plan_next_churn(now_ms);
    const std::size_t slot = random_.below(slots_);
    if (!busy_[slot]) {
      busy_[slot] = true;
      const bool pause = random_.chance(0.2);
      out = {now_ms, pause ? LifeStepKind::kPause : LifeStepKind::kAnnounceClose, slot,
             market_in(slot)};
      if (pause) steps_.push({now_ms + 3000, LifeStepKind::kResume, slot, out.market});
      return true;
    }
  }
  if (steps_.empty() || steps_.top().at_ms > now_ms) return false;
  out = steps_.top();
  steps_.pop();
  if (out.kind == LifeStepKind::kOpen || out.kind == LifeStepKind::kResume) busy_[out.slot] = false;
  return true;
}

void SyntheticLife::plan_next_churn(std::int64_t now_ms) {
  const double wait = churn_interval_ms_ * (0.5 + random_.uniform());
  next_churn_ms_ = now_ms + std::max<std::int64_t>(1, static_cast<std::int64_t>(wait));
}

void SyntheticLife::plan_end(const LifeStep& announced, std::int64_t close_ms,
                             MarketIndex successor, std::int64_t open_ms) {
  const auto after = [&](std::int64_t base, std::uint64_t least, std::uint64_t spread) {
    return base + static_cast<std::int64_t>(least + random_.below(spread));
  };
  const std::int64_t cleared = after(close_ms, 150, 1500);
  const std::int64_t determined = after(cleared, 300, 1500);
  const std::int64_t settled = after(determined, 1000, 1000);
  const auto push = [&](std::int64_t at, LifeStepKind kind, MarketIndex market) {
    steps_.push({at, kind, announced.slot, market});
  };
  push(close_ms, LifeStepKind::kClose, announced.market);
  push(cleared, LifeStepKind::kClearBook, announced.market);
  push(determined, LifeStepKind::kDetermine, announced.market);
  push(settled, LifeStepKind::kSettle, announced.market);
  push(std::max(open_ms, close_ms + 1), LifeStepKind::kOpen, successor);
}

}  // namespace kd::sim
