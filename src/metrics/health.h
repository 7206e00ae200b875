#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace kd {

// How one part of a process is. A value.
struct ComponentHealth {
  std::string status = "healthy";         // healthy | degraded | unhealthy
  std::string detail;                     // one sentence for a person; may be empty
  std::map<std::string, double> figures;  // what the judgement rests on; names carry the unit
};

using HealthReport = std::map<std::string, ComponentHealth>;

// The worst status of all components; "healthy" when there is none.
std::string overall_health(const HealthReport& components);

// 200 while work goes on (healthy, degraded), 503 when it does not.
int health_status(const HealthReport& components);

// {"status", "version", "uptime_seconds", "components": {name: {"status", "detail", figures…}}}
std::string health_json(std::string_view version, std::chrono::seconds uptime,
                        const HealthReport& components);

// "healthy" below `degraded_at`, "unhealthy" from `unhealthy_at` on.
std::string status_by_limits(double value, double degraded_at, double unhealthy_at);

}  // namespace kd
