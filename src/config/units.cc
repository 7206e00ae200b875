#include "config/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace kd {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> kTimes = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 5> kSizes = {
    {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}}};

Expected<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (problem == std::errc() && number >= 0) {
    for (const auto& unit : units) {
      if (unit.name != name) continue;
      if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) break;
      return number * unit.factor;
    }
  }
  std::string known;
  for (const auto& unit : units) known += (known.empty() ? "" : ", ") + std::string(unit.name);
  return fail(Remedy::kGiveUp,
              "'" + std::string(text) + "' is not a whole number with one of the units " + known);
}

std::string format_with_unit(std::int64_t value, std::span<const Unit> units) {
  auto best = units.front();
  for (const auto& unit : units) {
    if (value != 0 && value % unit.factor == 0) best = unit;
  }
  return std::to_string(value / best.factor) + std::string(best.name);
}

}  // namespace

Expected<std::chrono::milliseconds> parse_duration(std::string_view text) {
  KD_TRY(const auto milliseconds, parse_with_unit(text, kTimes));
  return std::chrono::milliseconds(milliseconds);
}

std::string format_duration(std::chrono::milliseconds duration) {
  return format_with_unit(duration.count(), kTimes);
}

Expected<std::int64_t> parse_size(std::string_view text) { return parse_with_unit(text, kSizes); }

std::string format_size(std::int64_t bytes) { return format_with_unit(bytes, kSizes); }

}  // namespace kd
