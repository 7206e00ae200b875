#include "model/rfc3339.h"

#include <fmt/format.h>

#include <string>

namespace kd {
namespace {

// `count` digits at `at`; -1 when one is none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Fraction digits from `at` on, in microseconds, and where they end. -1: not exact.
int fraction_us(std::string_view text, std::size_t& at) {
  int value = 0;
  int places = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++places) {
    if (places < 6) {
      value = value * 10 + (text[at] - '0');
    } else if (text[at] != '0') {
      return -1;
    }
  }
  if (places == 0) return -1;
  for (; places < 6; ++places) value *= 10;
  return value;
}

}  // namespace

Expected<Micros> parse_rfc3339(std::string_view text) {
  const auto bad = [&] {
    return fail(Remedy::kDropItem, "not an RFC 3339 UTC time: '" + std::string(text) + "'");
  };
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':') {
    return bad();
  }
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59) {
    return bad();
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad();
  std::size_t at = 19;
  int us = 0;
  if (text[at] == '.') us = fraction_us(text, ++at);
  const auto zone = text.substr(at);
  if (us < 0 || (zone != "Z" && zone != "+00:00")) return bad();
  return Micros(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::microseconds(us);
}

std::string format_rfc3339(Micros at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

}  // namespace kd
