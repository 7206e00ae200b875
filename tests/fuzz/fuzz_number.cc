// Prices, sizes, times and the like as text: what is accepted means exactly what it says.
#include <fmt/format.h>

#include <string>

#include "base/check.h"
#include "config/units.h"
#include "fuzz_target.h"
#include "model/price.h"
#include "model/rfc3339.h"
#include "model/size.h"
#include "model/uuid.h"

namespace kd {
namespace {

// Without zeros that do not matter, and always with a point: "007.50" and "7.5" are both "7.5".
std::string canonical(std::string text) {
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  if (text.find('.') == text.npos) text += '.';
  text.erase(0, text.find_first_not_of('0'));
  text.erase(text.find_last_not_of('0') + 1);
  return (negative && text != "." ? "-" : "") + text;
}

std::string decimal(std::int64_t units, std::uint64_t per_one, int places) {
  const auto magnitude =
      units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  return fmt::format("{}{}.{:0{}}", units < 0 ? "-" : "", magnitude / per_one, magnitude % per_one,
                     places);
}

void check_numbers(std::string_view text) {
  if (const auto price = Price::parse(text)) {
    KD_CHECK(price->raw() >= 0 && price->raw() <= Price::kUnitsPerDollar);
    KD_CHECK(canonical(decimal(price->raw(), 100'000, 5)) == canonical(std::string(text)));
  }
  if (const auto size = Size::parse(text)) {
    KD_CHECK(canonical(decimal(size->hundredths(), 100, 2)) == canonical(std::string(text)));
  }
}

template <typename Value>
bool gives(const Expected<Value>& read, const Value& value) {
  return read && *read == value;
}

void check_others(std::string_view text) {
  if (const auto at = parse_rfc3339(text)) {
    KD_CHECK(gives(parse_rfc3339(format_rfc3339(*at)), *at));
  }
  if (const auto duration = parse_duration(text)) {
    KD_CHECK(gives(parse_duration(format_duration(*duration)), *duration));
  }
  if (const auto bytes = parse_size(text)) {
    KD_CHECK(gives(parse_size(format_size(*bytes)), *bytes));
  }
  (void)Uuid::parse(text);
}

}  // namespace
}  // namespace kd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kd::check_numbers(kd::as_text(data, size));
  kd::check_others(kd::as_text(data, size));
  return 0;
}
