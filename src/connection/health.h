#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace kd {

// The state of a gatherer's sockets: healthy with 140 of 150 open, unhealthy below `min_healthy`
// (absent: two thirds of those configured). Pure.
constexpr std::string_view socket_health(std::size_t open, std::size_t configured,
                                         std::optional<double> min_healthy) {
  const auto have = static_cast<double>(open);
  const auto all = static_cast<double>(configured);
  if (have < min_healthy.value_or(all * 2 / 3)) return "unhealthy";
  return have * 150 >= all * 140 ? "healthy" : "degraded";
}

}  // namespace kd
