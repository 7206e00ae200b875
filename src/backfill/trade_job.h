#pragma once

#include "backfill/fill_progress.h"
#include "backfill/trade_fill.h"

namespace kd {

// A stretch of time to be filled for good: from where the stored progress says to its end, oldest
// first, in windows of some pages. May be interrupted anywhere and run again. A value.
struct TradeJob {
  TradeWindow all;
  std::string ticker;       // empty: all markets
  UniverseRules wanted{};   // of those
  std::string selection{};  // both in words, empty for everything: whose progress it is
  bool again = false;       // from the beginning, whatever was done before
  // After each page and each window.
  std::function<void(const FillProgress&)> on_progress{};
  std::function<void(std::string_view)> at_step{};  // as TradeFill's
};

struct TradeJobOutcome {
  std::chrono::sys_seconds began{};  // what lies before it was done by an earlier run
  FillCounts counts;
};

Expected<TradeJobOutcome> run_trade_job(const TradeJob& job, TradePages& pages, TradeStore& store,
                                        const std::stop_token& stop);

}  // namespace kd
