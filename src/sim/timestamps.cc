#include "sim/timestamps.h"

#include <chrono>

namespace kd::sim {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDayUs = 86'400'000'000;

void append_digits(std::string& out, std::int64_t value, int digits) {
  char text[8];
  for (int i = digits - 1; i >= 0; --i, value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

// `count` digits at `at`, or nothing.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// ".5Z" -> 500000; "Z" -> 0.
std::optional<std::int64_t> fraction_us(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() < 3 || text.front() != '.' || text.back() != 'Z') return std::nullopt;
  std::int64_t value = 0;
  int places = 0;
  for (const char c : text.substr(1, text.size() - 2)) {
    if (c < '0' || c > '9') return std::nullopt;
    if (places < 6) value = value * 10 + (c - '0'), ++places;
  }
  for (; places < 6; ++places) value *= 10;
  return value;
}

}  // namespace

void append_rfc3339(std::string& out, std::int64_t us) {
  const std::int64_t day = floor_div(us, kDayUs);
  const std::int64_t in_day = us - day * kDayUs;
  const year_month_day date{sys_days(days(day))};
  append_digits(out, int(date.year()), 4);
  out.push_back('-');
  append_digits(out, unsigned(date.month()), 2);
  out.push_back('-');
  append_digits(out, unsigned(date.day()), 2);
  out.push_back('T');
  append_digits(out, in_day / 3'600'000'000, 2);
  out.push_back(':');
  append_digits(out, in_day / 60'000'000 % 60, 2);
  out.push_back(':');
  append_digits(out, in_day / 1'000'000 % 60, 2);
  if (std::int64_t fraction = in_day % 1'000'000; fraction != 0) {
    int places = 6;
    for (; fraction % 10 == 0; fraction /= 10) --places;
    out.push_back('.');
    append_digits(out, fraction, places);
  }
  out.push_back('Z');
}

std::string rfc3339_from_us(std::int64_t us) {
  std::string out;
  append_rfc3339(out, us);
  return out;
}

std::string rfc3339_from_ms(std::int64_t ms) { return rfc3339_from_us(ms * 1000); }

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != 'd' && text[i] != kShape[i]) return std::nullopt;
  }
  const auto year = digits_at(text, 0, 4), month = digits_at(text, 5, 2),
             day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2),
             second = digits_at(text, 17, 2);
  const auto fraction = fraction_us(text.substr(kShape.size()));
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(unsigned(*month)),
                            std::chrono::day(unsigned(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::int64_t seconds = (*hour * 60LL + *minute) * 60 + *second;
  return sys_days(date).time_since_epoch().count() * kDayUs + seconds * 1'000'000 + *fraction;
}

}  // namespace kd::sim
