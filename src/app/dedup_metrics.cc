#include "app/dedup_metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace kd {
namespace {

const std::vector<double>& poll_buckets() {
  static const std::vector<double> buckets{.001, .005, .01, .05, .1, .5, 1, 5};
  return buckets;
}

double seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

double flag(bool value) { return value ? 1 : 0; }

// Snapshots wait for their anchor, and the others are not stamped by the exchange.
bool has_exchange_latency(std::string_view table) {
  return table == "trades" || table == "orderbook_deltas" || table == "tickers";
}

ComponentHealth production_health(const Deduplicator::Status& status) {
  ComponentHealth health;
  health.figures = {{"ping_ms", status.ping_ms}, {"leader", flag(status.leader)}};
  if (!status.production_connected) {
    health.status = "unhealthy";
    health.detail = status.production_error.empty() ? "connecting" : status.production_error;
  } else if (!status.leader) {
    health.detail = "standby: another deduplicator leads";
  } else {
    health.status = status_by_limits(status.ping_ms, 50, 200);
  }
  return health;
}

ComponentHealth gatherers_health(const Deduplicator::Status& status,
                                 const std::vector<std::string>& gatherers) {
  ComponentHealth health;
  std::size_t connected = 0;
  for (std::size_t g = 0; g < status.gatherer_connected.size(); ++g) {
    connected += status.gatherer_connected[g] ? 1U : 0U;
    if (!status.gatherer_connected[g]) health.detail += gatherers[g] + " is away; ";
    health.figures[gatherers[g] + ".connected"] = flag(status.gatherer_connected[g]);
  }
  if (connected < gatherers.size()) health.status = connected == 0 ? "unhealthy" : "degraded";
  return health;
}

ComponentHealth lag_health(const Deduplicator::Status& status,
                           const std::vector<std::string>& gatherers) {
  ComponentHealth health;
  double worst = 0;
  for (std::size_t g = 0; g < status.sync.size(); ++g) {
    for (std::size_t t = 0; t < kTableCount; ++t) {
      const auto& sync = status.sync[g][t];
      const auto name = fmt::format("{}.{}", gatherers[g], table_specs()[t].name);
      health.figures[name + ".lag_seconds"] = sync.lag_seconds;
      health.figures[name + ".rows_behind"] = static_cast<double>(sync.rows_behind);
      // One that is away is told by "gatherers".
      if (status.gatherer_connected[g]) worst = std::max(worst, sync.lag_seconds);
    }
  }
  health.status = status_by_limits(worst, 5, 30);
  return health;
}

}  // namespace

DedupMetrics::DedupMetrics(MetricsRegistry& registry, const std::vector<std::string>& gatherers)
    : connected_(registry.gauge("dedup_rds_connected", "1 while production can be reached")),
      leader_(registry.gauge("dedup_leader", "1 while this deduplicator writes")) {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    tables_[t] = make_table(registry, std::string(table_specs()[t].name));
  }
  for (const auto& gatherer : gatherers) {
    auto& pairs = pairs_.emplace_back();
    for (std::size_t t = 0; t < kTableCount; ++t) {
      pairs[t] = make_pair(registry,
                           {{"gatherer", gatherer}, {"table", std::string(table_specs()[t].name)}});
    }
    per_gatherer_.push_back(make_gatherer(registry, gatherer));
  }
}

DedupMetrics::PerGatherer DedupMetrics::make_gatherer(MetricsRegistry& registry,
                                                      const std::string& gatherer) const {
  const Labels labels{{"gatherer", gatherer}};
  return {
      .health = &registry.gauge("dedup_gatherer_health",
                                "1 while the gatherer's database can be reached", labels),
      .mode = &registry.gauge(
          "dedup_sync_mode", "0 realtime, 1 catch-up, 2 backfill, -1 the gatherer is away", labels),
      .proofs_held = &registry.gauge("dedup_proofs_held",
                                     "1 while proofs wait for rows that came before them", labels),
      .frozen = &registry.counter(
          "dedup_frozen_lines_total",
          "times the gatherer was found silent on a market that another one received", labels)};
}

DedupMetrics::PerTable DedupMetrics::make_table(MetricsRegistry& registry,
                                                const std::string& table) const {
  const Labels labels{{"table", table}};
  return {.written = &registry.counter("dedup_records_written_total",
                                       "rows committed to production", labels),
          .duplicates = &registry.counter("dedup_duplicates_total",
                                          "rows that another line had brought", labels),
          .quarantined = &registry.counter("dedup_quarantined_total",
                                           "rows put into production's quarantine", labels),
          .latency = !has_exchange_latency(table)
                         ? nullptr
                         : &registry.histogram("dedup_commit_latency_seconds",
                                               "exchange time to commit in production",
                                               commit_latency_buckets(), labels)};
}

DedupMetrics::PerGathererTable DedupMetrics::make_pair(MetricsRegistry& registry,
                                                       const Labels& labels) const {
  return {
      .polled = &registry.counter("dedup_records_polled_total", "rows read from gatherers", labels),
      .errors = &registry.counter("dedup_gatherer_errors_total", "failed polls", labels),
      .rewinds = &registry.counter("dedup_rewinds_total",
                                   "times a table was read again from its oldest row", labels),
      .poll = &registry.histogram("dedup_poll_duration_seconds", "time of one poll", poll_buckets(),
                                  labels),
      .lag = &registry.gauge("dedup_sync_lag_seconds", "newest gatherer row minus newest merged",
                             labels),
      .rows_pending = &registry.gauge("dedup_rows_pending", "rows not merged yet", labels),
      .caught_up =
          &registry.gauge("dedup_caught_up", "1 when the last poll left nothing behind", labels),
      .caught_up_at = &registry.gauge("dedup_caught_up_timestamp_seconds",
                                      "everything committed before this moment is merged", labels)};
}

void DedupMetrics::on_polled(std::size_t gatherer, std::size_t table, std::int64_t rows,
                             std::chrono::microseconds took) {
  const auto& pair = pairs_[gatherer][table];
  pair.polled->add(static_cast<double>(rows));
  pair.poll->observe(seconds(took));
}

void DedupMetrics::on_gatherer_error(std::size_t gatherer, std::size_t table) {
  pairs_[gatherer][table].errors->add();
}

void DedupMetrics::on_rewind(std::size_t gatherer, std::size_t table) {
  pairs_[gatherer][table].rewinds->add();
}

void DedupMetrics::on_round(const RoundOutcome& outcome) {
  for (std::size_t t = 0; t < kTableCount; ++t) {
    tables_[t].written->add(static_cast<double>(outcome[t].written));
    tables_[t].duplicates->add(static_cast<double>(outcome[t].duplicates));
    tables_[t].quarantined->add(static_cast<double>(outcome[t].quarantined));
  }
}

void DedupMetrics::on_frozen(std::size_t gatherer) { per_gatherer_[gatherer].frozen->add(); }

void DedupMetrics::on_commit_latency(std::size_t table, std::chrono::microseconds since_exchange) {
  if (tables_[table].latency != nullptr) tables_[table].latency->observe(seconds(since_exchange));
}

void DedupMetrics::publish(const Deduplicator::Status& status) {
  connected_.set(flag(status.production_connected));
  leader_.set(flag(status.leader));
  for (std::size_t g = 0; g < status.sync.size(); ++g) {
    per_gatherer_[g].health->set(flag(status.gatherer_connected[g]));
    const auto mode = g < status.mode.size() ? status.mode[g] : std::nullopt;
    per_gatherer_[g].mode->set(mode ? static_cast<double>(*mode) : -1);
    per_gatherer_[g].proofs_held->set(flag(g < status.proofs_held.size() && status.proofs_held[g]));
    for (std::size_t t = 0; t < kTableCount; ++t) {
      const auto& sync = status.sync[g][t];
      pairs_[g][t].lag->set(sync.lag_seconds);
      pairs_[g][t].rows_pending->set(static_cast<double>(sync.rows_behind));
      pairs_[g][t].caught_up->set(flag(sync.caught_up));
      pairs_[g][t].caught_up_at->set(static_cast<double>(sync.caught_up_us) / 1e6);
    }
  }
}

HealthReport dedup_health(const Deduplicator::Status& status,
                          const std::vector<std::string>& gatherers) {
  HealthReport report;
  report["production"] = production_health(status);
  report["gatherers"] = gatherers_health(status, gatherers);
  report["lag"] = lag_health(status, gatherers);
  return report;
}

}  // namespace kd
