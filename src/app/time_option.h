#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/time.h"

namespace kd {

// How a person names an instant on the command line:
//   2026-11-22T10:00:00Z    RFC 3339, UTC, with up to six fraction digits
//   2026-11-22              that day's beginning, UTC
//   now, -90s, -15m, -1h, -2d, -1h30m    relative to `now`; a '+' counts forward
//   1763805600000           milliseconds since the epoch, as the exchange writes them
// Every other form is an error that says what is allowed.
Expected<Micros> parse_time(std::string_view text, Micros now);

// "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123Z": as many fraction digits (none, three or six)
// as the instant needs. parse_time() reads it back.
std::string format_time(Micros at);

// A length for people: "850ms", "12.4s", "3m05s", "2h10m", "3d04h".
std::string format_length(std::chrono::microseconds length);

}  // namespace kd
