#pragma once

#include <array>
#include <string_view>

#include "codec/table.h"
#include "metrics/registry.h"

namespace kd {

// The counters of all routers of a process, looked up once.
struct RouterMetrics {
  explicit RouterMetrics(MetricsRegistry& registry);
  Counter& deltas;
  Counter& snapshots;
  Counter& trades;
  Counter& tickers;
  Counter& lifecycle;
  Counter& control;
  std::array<Counter*, kAllTables.size()> routed;  // rows handed over, by table
  Counter& parse_errors;
  Counter& unknown_types;
  Counter& unknown_keys;
  Counter& unknown_events;
  Counter& undecodable;
  Counter& unknown_sids;
  Counter& wild_times;
  Counter& duplicates;
  Counter& equal_tickers;
  Counter& twin_copies;
  Counter& unselected;
  Counter& self_checks;
  Counter& mismatches;
  Counter& flipped_legs;
  Counter& ledger_row(std::string_view event) const;

 private:
  MetricsRegistry& registry_;
};

}  // namespace kd
