#include "metrics/health.h"

#include <fmt/format.h>

#include <cmath>

namespace kd {
namespace {

int rank(std::string_view status) {
  if (status == "healthy") return 0;
  return status == "degraded" ? 1 : 2;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// JSON has no infinity; a figure that is none is absent.
std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string component_json(const ComponentHealth& component) {
  std::string out = fmt::format(R"({{"status":{},"detail":{})", quoted(component.status),
                                quoted(component.detail));
  for (const auto& [name, value] : component.figures) {
    out += fmt::format(",{}:{}", quoted(name), number(value));
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
                  quoted(overall_health(components)), quoted(version), uptime.count());
  std::string_view comma;
  for (const auto& [name, component] : components) {
    out += fmt::format("{}{}:{}", comma, quoted(name), component_json(component));
    comma = ",";
  }
  return out + "}}";
}

std::string status_by_limits(double value, double degraded_at, double unhealthy_at) {
  if (value >= unhealthy_at) return "unhealthy";
  return value >= degraded_at ? "degraded" : "healthy";
}

}  // namespace kd
