#include "app/time_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "model/rfc3339.h"

namespace kd {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::size_t kDateLength = 10;
// A plain number is milliseconds: of 2001-09-09 to 2286-11-20.
constexpr std::size_t kMillisecondDigits = 13;

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> unit_us(char unit) {
  switch (unit) {
    case 's':
      return kSecond;
    case 'm':
      return 60 * kSecond;
    case 'h':
      return 3'600 * kSecond;
    case 'd':
      return 86'400 * kSecond;
    default:
      return std::nullopt;
  }
}

// "1h30m" -> 90 minutes.
std::optional<microseconds> parse_length(std::string_view text) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || rest == end || count < 0 || count > kMost) return std::nullopt;
    const auto unit = unit_us(*rest);
    if (!unit) return std::nullopt;
    total += count * *unit;
    text = std::string_view(rest + 1, static_cast<std::size_t>(end - rest - 1));
  }
  return microseconds(total);
}

std::optional<Micros> relative(std::string_view text, Micros now) {
  const auto length = parse_length(text.substr(1));
  if (!length) return std::nullopt;
  return text.front() == '-' ? now - *length : now + *length;
}

}  // namespace

Expected<Micros> parse_time(std::string_view text, Micros now) {
  if (text == "now") return now;
  if (text.starts_with('-') || text.starts_with('+')) {
    if (const auto at = relative(text, now)) return *at;
  } else if (all_digits(text) && text.size() == kMillisecondDigits) {
    std::int64_t ms = 0;
    std::from_chars(text.data(), text.data() + text.size(), ms);
    return micros_from_ms(ms);
  } else {
    const auto full =
        text.size() == kDateLength ? std::string(text) + "T00:00:00Z" : std::string(text);
    if (const auto at = parse_rfc3339(full)) return *at;
  }
  return fail(Remedy::kGiveUp,
              fmt::format("'{}' is no time: give 2026-11-22T10:00:00Z, 2026-11-22, now, a length "
                          "before now as -90s, -15m, -1h30m, -2d, or milliseconds since 1970",
                          text));
}

std::string format_time(Micros at) {
  auto text = format_rfc3339(at);  // 2026-11-22T10:00:00.123456Z
  const auto fraction = to_us(at) % kSecond;
  constexpr std::size_t kPoint = 19;
  if (fraction == 0) {
    text.erase(kPoint, 7);
  } else if (fraction % 1'000 == 0) {
    text.erase(kPoint + 4, 3);
  }
  return text;
}

std::string format_length(microseconds length) {
  const auto us = length.count();
  if (us < kSecond) return fmt::format("{}ms", us / 1'000);
  if (us < 60 * kSecond) return fmt::format("{:.1f}s", static_cast<double>(us / 100'000) / 10);
  const auto seconds = us / kSecond;
  if (seconds < 3'600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h{:02}m", seconds / 3'600, seconds / 60 % 60);
  return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3'600 % 24);
}

}  // namespace kd
