#include "metadata/metadata_metrics.h"

namespace kd {

MetadataMetrics::OfKind MetadataMetrics::of_kind(MetricsRegistry& registry, MetadataKind kind) {
  const Labels table{{"table", std::string(name_of(kind))}};
  return {
      registry.counter("metadata_sync_rows_total", "entries read", table),
      registry.counter("metadata_sync_versions_total", "versions written", table),
      registry.counter("metadata_sync_unreadable_total", "entries that could not be stored", table),
      registry.counter("metadata_sync_unknown_fields_total",
                       "pages with a field that has no column, by field", table),
      registry.histogram("metadata_sync_page_duration_seconds", "a page, answer to commit",
                         {0.01, 0.05, 0.1, 0.25, 0.5, 1, 5}, table),
  };
}

MetadataMetrics::MetadataMetrics(MetricsRegistry& registry)
    : rest_errors(
          registry.counter("metadata_sync_errors_total", "failed attempts", {{"type", "rest"}})),
      database_errors(registry.counter("metadata_sync_errors_total", "failed attempts",
                                       {{"type", "database"}})),
      vanished(registry.counter("metadata_sync_vanished_total",
                                "markets that the exchange has no more")),
      walk_running(registry.gauge("metadata_sync_walk_running", "1 while everything is read")),
      last_walk(registry.gauge("metadata_sync_last_walk_timestamp",
                               "Unix seconds of the last complete walk")),
      last_increment(registry.gauge("metadata_sync_last_increment_timestamp",
                                    "Unix seconds of the last increment")),
      walk_duration(registry.histogram("metadata_sync_walk_duration_seconds",
                                       "a full walk, first page to last",
                                       {1, 5, 10, 30, 60, 120, 300, 900, 3600})),
      kinds_{of_kind(registry, MetadataKind::kSeries), of_kind(registry, MetadataKind::kEvents),
             of_kind(registry, MetadataKind::kMarkets)},
      unknown_statuses_(registry.counter("metadata_sync_unknown_statuses_total",
                                         "markets listed with a status that we do not know")) {}

void MetadataMetrics::on_page(MetadataKind kind, const MetadataRows& rows, double seconds) {
  auto& of = at(kind);
  of.rows.add(static_cast<double>(rows.ends.size() + rows.unreadable.size()));
  of.unknown_fields.add(static_cast<double>(rows.unknown_fields.size()));
  of.page_duration.observe(seconds);
  unknown_statuses_.add(static_cast<double>(rows.unknown_statuses.size()));
}

void MetadataMetrics::on_versions(MetadataKind kind, std::int64_t versions) {
  at(kind).versions.add(static_cast<double>(versions));
}

void MetadataMetrics::on_refused(MetadataKind kind, std::size_t entries) {
  at(kind).unreadable.add(static_cast<double>(entries));
}

}  // namespace kd
