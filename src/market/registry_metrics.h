#pragma once

#include <array>
#include <string_view>

#include "market/market_table.h"
#include "metrics/registry.h"

namespace kd {

// The types of lifecycle events that we know, and what each says of its market; 0: nothing.
struct LifecycleType {
  std::string_view name;
  std::uint8_t kind;
};
inline constexpr std::array<LifecycleType, 11> kLifecycleTypes{{
    {"created", LifecycleNews::kCreated},
    {"activated", LifecycleNews::kActivated},
    {"deactivated", LifecycleNews::kDeactivated},
    {"close_date_updated", LifecycleNews::kCloseMoved},
    {"determined", LifecycleNews::kDetermined},
    {"settled", LifecycleNews::kSettled},
    {"price_level_structure_updated", LifecycleNews::kChanged},
    {"metadata_updated", LifecycleNews::kChanged},
    {"event_lifecycle", 0},
    {"event_fee_update", 0},
    {"other", LifecycleNews::kStrange},
}};
// A type that is none of them is "other".
const LifecycleType& lifecycle_type(std::string_view name);

// What the registry tells Prometheus; its handles, looked up once. Any thread.
struct RegistryMetrics {
  explicit RegistryMetrics(MetricsRegistry& registry);
  void count_event(const LifecycleType& type) {
    events[static_cast<std::size_t>(&type - kLifecycleTypes.data())]->add();
  }
  Counter& errors(const std::string& endpoint);

  MetricsRegistry& registry;
  Gauge& markets;
  Gauge& active;
  Gauge& last_sync;
  Gauge& exchange_active;
  Gauge& shards_inactive;
  Gauge& maintenance;
  Gauge& running;
  Histogram& seconds;
  Counter& unknown_statuses;
  std::array<Counter*, kLifecycleTypes.size()> events{};
};

}  // namespace kd
