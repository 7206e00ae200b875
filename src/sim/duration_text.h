#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace kd::sim {

// "30s", "500ms", "2m", "1h"; a bare number is seconds. Nothing for other texts.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace kd::sim
