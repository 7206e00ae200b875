#include "market/registry_metrics.h"

#include <algorithm>

namespace kd {

const LifecycleType& lifecycle_type(std::string_view name) {
  const auto* const found = std::find_if(kLifecycleTypes.begin(), kLifecycleTypes.end(),
                                         [&](const auto& type) { return type.name == name; });
  return found == kLifecycleTypes.end() ? kLifecycleTypes.back() : *found;
}

RegistryMetrics::RegistryMetrics(MetricsRegistry& r)
    : registry(r),
      markets(r.gauge("market_registry_markets_total", "markets recorded")),
      active(r.gauge("market_registry_active_markets", "markets open for trading")),
      last_sync(
          r.gauge("market_registry_last_sync_timestamp", "Unix seconds of the last complete walk")),
      exchange_active(r.gauge("market_registry_exchange_active",
                              "1 while any part of the exchange trades, as it says itself")),
      shards_inactive(
          r.gauge("market_registry_shards_inactive", "parts of the exchange that do not trade")),
      maintenance(r.gauge("market_registry_maintenance", "1 inside a planned pause")),
      running(r.gauge("market_registry_reconcile_running", "1 while lists of markets are read")),
      seconds(r.histogram("market_registry_reconcile_duration_seconds",
                          "a walk or an increment, first page to last",
                          {1, 5, 10, 30, 60, 120, 300})),
      unknown_statuses(r.counter("market_registry_unknown_statuses_total",
                                 "markets listed with a status that we do not know")) {
  for (std::size_t i = 0; i < kLifecycleTypes.size(); ++i) {
    events[i] = &r.counter("market_registry_lifecycle_events_total", "lifecycle events received",
                           {{"type", std::string(kLifecycleTypes[i].name)}});
  }
  for (const auto* endpoint : {"/markets", "/exchange/status"}) errors(endpoint);
}

Counter& RegistryMetrics::errors(const std::string& endpoint) {
  return registry.counter("market_registry_rest_errors_total", "failed REST requests",
                          {{"endpoint", endpoint}});
}

}  // namespace kd
