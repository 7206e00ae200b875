#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/up_options.h"
#include "audit/auditor.h"
#include "metrics/exposition.h"

namespace kd {

struct Latency {
  std::optional<double> p50_seconds;
  std::optional<double> p99_seconds;
};

// The outcome of one audited run. A value.
struct UpReport {
  UpOptions options;
  AuditReport audit;
  double seconds = 0;  // from the first emitted message to the last, as far as we saw
  std::int64_t emitted = 0;
  // From the exchange's stamp to the commit; a replay's stamps are not of now, so it has none.
  Latency to_local;
  Latency to_production;
};

// Quantiles of a histogram of commit latencies over changes, trades and tickers, which `label`
// tells apart. Snapshots are left out: they wait for their anchor, a second of the exchange's time.
Latency latency_of(const Exposition& metrics, const std::string& histogram,
                   const std::string& label);

std::string report_json(const UpReport& report, const std::string& version);
std::string report_text(const UpReport& report);

}  // namespace kd
