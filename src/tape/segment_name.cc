#include "tape/segment_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kd {
namespace {

constexpr std::string_view kExtension = ".kdtape";
constexpr std::string_view kStampShape = "YYYYMMDDTHHMMSSZ";
constexpr std::size_t kLeastDigits = 6;  // of the number

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

bool goes_into_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::string stamp_of(Micros at) {
  const auto day = std::chrono::floor<days>(at);
  const year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

template <typename Number>
std::optional<Number> digits(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<Micros> parse_stamp(std::string_view text) {
  if (text.size() != kStampShape.size() || text[8] != 'T' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto year = digits<unsigned>(text.substr(0, 4));
  const auto month = digits<unsigned>(text.substr(4, 2));
  const auto day = digits<unsigned>(text.substr(6, 2));
  const auto hour = digits<unsigned>(text.substr(9, 2));
  const auto minute = digits<unsigned>(text.substr(11, 2));
  const auto second = digits<unsigned>(text.substr(13, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                            std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

SegmentName SegmentName::of(std::string_view gatherer_id, Micros start, std::uint32_t number) {
  SegmentName name{.gatherer_id = std::string(gatherer_id),
                   .start = std::chrono::floor<std::chrono::seconds>(start),
                   .number = number};
  std::replace_if(
      name.gatherer_id.begin(), name.gatherer_id.end(), [](char c) { return !goes_into_a_name(c); },
      '_');
  return name;
}

std::string SegmentName::file_name() const {
  return fmt::format("{}-{}-{:06}{}", gatherer_id, stamp_of(start), number, kExtension);
}

std::optional<SegmentName> SegmentName::parse(std::string_view file_name) {
  if (!file_name.ends_with(kExtension)) return std::nullopt;
  file_name.remove_suffix(kExtension.size());
  const auto before_number = file_name.rfind('-');
  if (before_number == file_name.npos || before_number == 0) return std::nullopt;
  const auto before_stamp = file_name.rfind('-', before_number - 1);
  if (before_stamp == file_name.npos || before_stamp == 0) return std::nullopt;
  const auto number_text = file_name.substr(before_number + 1);
  const auto number = digits<std::uint32_t>(number_text);
  const auto start =
      parse_stamp(file_name.substr(before_stamp + 1, before_number - before_stamp - 1));
  if (!number || number_text.size() < kLeastDigits || !start) return std::nullopt;
  return SegmentName{.gatherer_id = std::string(file_name.substr(0, before_stamp)),
                     .start = *start,
                     .number = *number};
}

}  // namespace kd
