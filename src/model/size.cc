#include "model/size.h"

#include <limits>
#include <string>

#include "base/decimal.h"

namespace kd {

Expected<Size> Size::parse(std::string_view contracts) {
  const bool negative = contracts.starts_with('-');
  if (negative) contracts.remove_prefix(1);
  KD_TRY(const auto hundredths, parse_unsigned_decimal(contracts, 2));
  return Size(negative ? -hundredths : hundredths);
}

Expected<Size> Size::from_contracts(std::int64_t contracts) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max() / 100;
  if (contracts > kMost || contracts < -kMost) {
    return fail(Remedy::kDropItem, "size out of range: " + std::to_string(contracts));
  }
  return Size(contracts * 100);
}

}  // namespace kd
