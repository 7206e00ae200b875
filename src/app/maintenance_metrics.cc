#include "app/maintenance_metrics.h"

namespace kd {

void publish_maintenance(const Maintenance::Status& status, MetricsRegistry& metrics) {
  for (const auto& [table, figures] : status.tables) {
    const Labels labels{{"table", table}};
    metrics.gauge("storage_partitions", "partitions, or chunks, of a table", labels)
        .set(static_cast<double>(figures.partitions));
    metrics.gauge("storage_bytes", "bytes of a table with its indexes", labels)
        .set(static_cast<double>(figures.bytes));
    metrics
        .gauge("storage_partitions_held",
               "partitions past their age that are kept: not acknowledged, or not exported", labels)
        .set(static_cast<double>(figures.held));
  }
  metrics.gauge("storage_partitions_dropped", "partitions dropped since the start")
      .set(static_cast<double>(status.dropped));
  metrics.gauge("storage_partitions_compressed", "chunks compressed since the start")
      .set(static_cast<double>(status.compressed));
  metrics
      .gauge("storage_maintenance_errors", "statements of maintenance that failed since the start")
      .set(static_cast<double>(status.errors));
  metrics.gauge("storage_maintenance_active", "1: this process maintains the database")
      .set(status.maintains ? 1 : 0);
}

}  // namespace kd
