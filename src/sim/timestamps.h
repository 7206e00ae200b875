#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kd::sim {

// RFC 3339 in UTC with 0 to 6 fraction digits, trailing zeros trimmed as the exchange does:
// 1785901540722003 µs -> "2026-08-05T03:45:40.722003Z".
void append_rfc3339(std::string& out, std::int64_t us);
std::string rfc3339_from_us(std::int64_t us);
std::string rfc3339_from_ms(std::int64_t ms);

// Microseconds since the epoch; nothing for other texts. Digits beyond the sixth are cut.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// Rounds down, also before 1970.
constexpr std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace kd::sim
