#pragma once

#include <chrono>
#include <cstdint>

namespace kd {

// Microseconds since the Unix epoch, UTC: what every time column holds.
// A point in time, so it has no implicit conversion from or to an integer.
using Micros = std::chrono::sys_time<std::chrono::microseconds>;

constexpr Micros micros_from_us(std::int64_t us) { return Micros(std::chrono::microseconds(us)); }
constexpr Micros micros_from_ms(std::int64_t ms) { return Micros(std::chrono::milliseconds(ms)); }
constexpr std::int64_t to_us(Micros at) { return at.time_since_epoch().count(); }

// The whole millisecond `at` lies in.
constexpr Micros floor_to_ms(Micros at) {
  return std::chrono::floor<std::chrono::milliseconds>(at);
}

inline Micros wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace kd
