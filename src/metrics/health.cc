#include "metrics/health.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json_quote.h"

namespace kd {
namespace {

int rank(std::string_view status) {
  if (status == "healthy") return 0;
  return status == "degraded" ? 1 : 2;
}

// JSON has no infinity; a figure that is none is absent.
std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string component_json(const ComponentHealth& component) {
  std::string out = fmt::format(R"({{"status":{},"detail":{})", json_quote(component.status),
                                json_quote(component.detail));
  for (const auto& [name, value] : component.figures) {
    out += fmt::format(",{}:{}", json_quote(name), number(value));
  }
  return out + '}';
}

}  // namespace

std::string overall_health(const HealthReport& components) {
  std::string worst = "healthy";
  for (const auto& [name, component] : components) {
    if (rank(component.status) > rank(worst)) worst = component.status;
  }
  return worst;
}

int health_status(const HealthReport& components) {
  return rank(overall_health(components)) < 2 ? 200 : 503;
}

std::string health_json(std::string_view version, std::chrono::seconds uptime,
                        const HealthReport& components) {
  std::string out =
      fmt::format(R"({{"status":{},"version":{},"uptime_seconds":{},"components":{{)",
                  json_quote(overall_health(components)), json_quote(version), uptime.count());
  std::string_view comma;
  for (const auto& [name, component] : components) {
    out += fmt::format("{}{}:{}", comma, json_quote(name), component_json(component));
    comma = ",";
  }
  return out + "}}";
}

std::string status_by_limits(double value, double degraded_at, double unhealthy_at) {
  if (value >= unhealthy_at) return "unhealthy";
  return value >= degraded_at ? "degraded" : "healthy";
}

}  // namespace kd
