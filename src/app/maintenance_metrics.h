#pragma once

#include "database/maintenance.h"
#include "metrics/registry.h"

namespace kd {

// What the upkeep of partitions tells, as storage_* metrics. Call before a scrape.
void publish_maintenance(const Maintenance::Status& status, MetricsRegistry& metrics);

}  // namespace kd
