#include "app/up_figures.h"

#include <algorithm>

namespace kd {
namespace {

constexpr const char* kDeltas = "orderbook_deltas";
constexpr const char* kInserts = "writer_inserts_total";
constexpr const char* kWritten = "dedup_records_written_total";
constexpr const char* kGathererLatency = "writer_commit_latency_seconds";
constexpr const char* kProductionLatency = "dedup_commit_latency_seconds";

std::map<std::string, std::int64_t> rows_by(const Exposition& metrics, const std::string& name,
                                            const std::string& label) {
  std::map<std::string, std::int64_t> rows;
  for (const auto& sample : metrics.samples()) {
    const auto value = sample.labels.find(label);
    if (sample.name != name || value == sample.labels.end()) continue;
    rows[value->second] += static_cast<std::int64_t>(sample.value);
  }
  return rows;
}

// How much a counter grew; a process that was restarted counts from zero again.
double growth(const Exposition* before, const Exposition& now, const std::string& name,
              const Labels& labels = {}) {
  const double current = now.sum(name, labels).value_or(0);
  const double earlier = before == nullptr ? 0 : before->sum(name, labels).value_or(0);
  return current >= earlier ? current - earlier : current;
}

std::optional<double> mean_since(const Exposition* before, const Exposition& now,
                                 const std::string& histogram, const Labels& labels) {
  const double count = growth(before, now, histogram + "_count", labels);
  if (count <= 0) return std::nullopt;
  return growth(before, now, histogram + "_sum", labels) / count;
}

std::int64_t count_of(const std::map<std::string, std::int64_t>& rows, const std::string& table) {
  const auto found = rows.find(table);
  return found == rows.end() ? 0 : found->second;
}

GathererFigures gatherer_figures(const std::string& id, const Exposition* before,
                                 const Exposition& now, double seconds) {
  GathererFigures figures;
  figures.id = id;
  figures.answers = true;
  figures.rows = rows_by(now, kInserts, "writer");
  figures.lag_seconds = mean_since(before, now, kGathererLatency, {{"writer", kDeltas}});
  if (seconds > 0) figures.rows_per_second = growth(before, now, kInserts) / seconds;
  return figures;
}

// Snapshots and tickers are no measure: everybody gets its own, or collapses equal ones.
std::optional<double> captured_share(const GathererFigures& gatherer, const SimStatus& simulator) {
  const auto emitted = simulator.emitted_of("deltas") + simulator.emitted_of("trades");
  if (emitted <= 0) return std::nullopt;
  const auto captured = count_of(gatherer.rows, kDeltas) + count_of(gatherer.rows, "trades");
  return static_cast<double>(captured) / static_cast<double>(emitted);
}

void add_deduplicator(UpFigures& figures, const Exposition* before, const Exposition& now,
                      double seconds) {
  figures.deduplicator_answers = true;
  figures.rows = rows_by(now, kWritten, "table");
  figures.duplicates = static_cast<std::int64_t>(now.sum("dedup_duplicates_total").value_or(0));
  figures.lag_seconds = mean_since(before, now, kProductionLatency, {{"table", kDeltas}});
  if (seconds > 0) figures.merged_per_second = growth(before, now, kWritten) / seconds;
}

}  // namespace

UpFigures figures_of(const UpSample& before, const UpSample& now) {
  UpFigures figures;
  figures.at = now.at;
  figures.simulated = now.simulated;
  if (!now.simulated) figures.state = "recording";
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  if (now.simulator) {
    figures.state = now.simulator->state;
    figures.emitted = now.simulator->emitted_total();
    const auto earlier = before.simulator ? before.simulator->emitted_total() : 0;
    if (seconds > 0) {
      figures.emitted_per_second = static_cast<double>(figures.emitted - earlier) / seconds;
    }
  }
  for (const auto& [id, metrics] : now.gatherers) {
    const auto earlier = before.gatherers.find(id);
    const auto* old = earlier == before.gatherers.end() ? nullptr : &earlier->second;
    figures.gatherers.push_back(gatherer_figures(id, old, metrics, seconds));
    if (now.simulator) {
      figures.gatherers.back().captured = captured_share(figures.gatherers.back(), *now.simulator);
    }
  }
  if (now.deduplicator) {
    add_deduplicator(figures, before.deduplicator ? &*before.deduplicator : nullptr,
                     *now.deduplicator, seconds);
  }
  return figures;
}

}  // namespace kd
