#include "model/price.h"

#include <string>

#include "base/decimal.h"

namespace kd {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The form of nearly every price on the wire, "0.dddd", in a few instructions. -1: another form.
std::int32_t parse_four_decimals(std::string_view text) {
  if (text.size() != 6 || text[0] != '0' || text[1] != '.') return -1;
  std::int32_t value = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value * 10;
}

}  // namespace

Expected<Price> Price::parse(std::string_view dollars) {
  if (const auto raw = parse_four_decimals(dollars); raw >= 0) return Price(raw);
  KD_TRY(const auto raw, parse_unsigned_decimal(dollars, 5));
  return from_raw(raw);
}

Expected<Price> Price::from_raw(std::int64_t raw) {
  if (raw < 0 || raw > kUnitsPerDollar) {
    return fail(Remedy::kDropItem, "price out of range: " + std::to_string(raw));
  }
  return Price(static_cast<std::int32_t>(raw));
}

Expected<Price> Price::from_cents(std::int64_t cents) {
  if (cents < 0 || cents > 100) {
    return fail(Remedy::kDropItem, "price out of range: " + std::to_string(cents) + " cents");
  }
  return from_raw(cents * kUnitsPerCent);
}

}  // namespace kd
