#pragma once

#include <array>
#include <string>
#include <vector>

#include "dedup/deduplicator.h"
#include "dedup/observer.h"
#include "metrics/health.h"
#include "metrics/registry.h"

namespace kd {

// Turns what the deduplicator tells into the metrics and the health of reference-tables.
// Any thread.
class DedupMetrics : public DedupObserver {
 public:
  DedupMetrics(MetricsRegistry& registry, const std::vector<std::string>& gatherers);

  void on_polled(std::size_t gatherer, std::size_t table, std::int64_t rows,
                 std::chrono::microseconds took) override;
  void on_gatherer_error(std::size_t gatherer, std::size_t table) override;
  void on_rewind(std::size_t gatherer, std::size_t table) override;
  void on_round(const RoundOutcome& outcome) override;
  void on_frozen(std::size_t gatherer) override;
  void on_commit_latency(std::size_t table, std::chrono::microseconds since_exchange) override;

  // Sets the gauges; call before a scrape.
  void publish(const Deduplicator::Status& status);

 private:
  struct PerTable {
    Counter* written;
    Counter* duplicates;
    Counter* quarantined;
    Histogram* latency;  // nullptr: the table has no exchange time to measure from
  };
  struct PerGathererTable {
    Counter* polled;
    Counter* errors;
    Counter* rewinds;
    Histogram* poll;
    Gauge* lag;
    Gauge* rows_pending;
    Gauge* caught_up;
    Gauge* caught_up_at;
  };
  struct PerGatherer {
    Gauge* health;
    Gauge* mode;
    Gauge* proofs_held;
    Counter* frozen;
  };

  PerTable make_table(MetricsRegistry& registry, const std::string& table) const;
  PerGatherer make_gatherer(MetricsRegistry& registry, const std::string& gatherer) const;
  PerGathererTable make_pair(MetricsRegistry& registry, const Labels& labels) const;

  std::array<PerTable, kTableCount> tables_;
  std::vector<std::array<PerGathererTable, kTableCount>> pairs_;
  std::vector<PerGatherer> per_gatherer_;
  Gauge& connected_;
  Gauge& leader_;
};

// The components "production", "gatherers" and "lag" (reference tables, "Health"), with lag and
// rows behind of each gatherer's tables as figures "<gatherer>.<table>.…".
HealthReport dedup_health(const Deduplicator::Status& status,
                          const std::vector<std::string>& gatherers);

}  // namespace kd
