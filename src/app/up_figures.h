#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/process_usage.h"
#include "app/sim_status.h"
#include "metrics/exposition.h"

namespace kd {

// What all processes told at one moment; absent: it did not answer. A value.
struct UpSample {
  std::chrono::milliseconds at{0};  // since the start
  bool simulated = true;
  std::optional<SimStatus> simulator;
  std::map<std::string, Exposition> gatherers;
  std::optional<Exposition> deduplicator;
  std::map<std::string, ProcessUsage> usage;  // by process; memory of a database is not told
};

struct GathererFigures {
  std::string id;
  bool answers = false;
  double rows_per_second = 0;
  std::optional<double> lag_seconds;  // of changes: exchange to commit, mean since the last sample
  std::map<std::string, std::int64_t> rows;  // by table
  std::optional<double> captured;            // share of the emitted deltas and trades
};

// What the status table shows. A value.
struct UpFigures {
  std::chrono::milliseconds at{0};
  std::string state = "starting";  // the simulator's, or "recording"
  bool simulated = true;           // what is emitted is known
  std::int64_t emitted = 0;
  double emitted_per_second = 0;
  std::vector<GathererFigures> gatherers;
  bool deduplicator_answers = false;
  double merged_per_second = 0;
  std::int64_t duplicates = 0;
  std::optional<double> lag_seconds;         // of changes: exchange to production, as above
  std::map<std::string, std::int64_t> rows;  // written to production, by table
};

// Rates and lags come from the difference of two samples; totals from the later one.
UpFigures figures_of(const UpSample& before, const UpSample& now);

}  // namespace kd
