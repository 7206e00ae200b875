#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace kd {

// "100ms", "30s", "5m", "1h", "7d": a whole number and a unit, nothing else.
Expected<std::chrono::milliseconds> parse_duration(std::string_view text);

// The inverse, in the largest unit that is exact: 300'000 ms -> "5m".
std::string format_duration(std::chrono::milliseconds duration);

// "512B", "64KiB", "256MiB", "20GiB", "1TiB" -> bytes.
Expected<std::int64_t> parse_size(std::string_view text);

// The inverse, in the largest unit that is exact.
std::string format_size(std::int64_t bytes);

}  // namespace kd
