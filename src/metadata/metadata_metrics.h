#pragma once

#include "codec/metadata_decoder.h"
#include "metrics/registry.h"

namespace kd {

// What MetadataSync counts. Any thread.
class MetadataMetrics {
 public:
  explicit MetadataMetrics(MetricsRegistry& registry);

  void on_page(MetadataKind kind, const MetadataRows& rows, double seconds);
  void on_versions(MetadataKind kind, std::int64_t versions);
  void on_refused(MetadataKind kind, std::size_t entries);

  Counter& rest_errors;
  Counter& database_errors;
  Counter& vanished;
  Gauge& walk_running;
  Gauge& last_walk;       // Unix seconds
  Gauge& last_increment;  // Unix seconds
  Histogram& walk_duration;

 private:
  struct OfKind {
    Counter& rows;
    Counter& versions;
    Counter& unreadable;
    Counter& unknown_fields;
    Histogram& page_duration;
  };
  static OfKind of_kind(MetricsRegistry& registry, MetadataKind kind);
  OfKind& at(MetadataKind kind) { return kinds_[static_cast<std::size_t>(kind)]; }

  OfKind kinds_[kMetadataKinds];
  Counter& unknown_statuses_;
};

}  // namespace kd
