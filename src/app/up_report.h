#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/up_options.h"
#include "app/up_resources.h"
#include "app/up_subscribed.h"
#include "audit/auditor.h"
#include "metrics/exposition.h"

namespace kd {

struct Latency {
  std::optional<double> p50_seconds;
  std::optional<double> p99_seconds;
};

// The outcome of one run. A value.
struct UpReport {
  UpOptions options;
  bool audited = true;  // without: no figure of the audit is shown
  AuditReport audit;
  std::optional<Subscribed> subscribed;
  std::map<std::string, ProcessReport> processes;
  std::map<std::string, std::int64_t> rows;  // in production, by table
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
