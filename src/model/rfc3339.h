#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/time.h"

namespace kd {

// "2026-11-22T14:00:01.234567Z" -> the instant. Zero to six fraction digits (further digits must
// be zeros), UTC as 'Z' or "+00:00"; every other form, and a date that does not exist, is an error.
Expected<Micros> parse_rfc3339(std::string_view text);

// The inverse, with six fraction digits and 'Z'.
std::string format_rfc3339(Micros at);

}  // namespace kd
