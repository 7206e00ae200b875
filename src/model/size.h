#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/expected.h"

namespace kd {

// A number of contracts, or a signed change of one, in hundredths: 13600 is 136 contracts.
class Size {
 public:
  constexpr Size() = default;
  explicit constexpr Size(std::int64_t hundredths) : hundredths_(hundredths) {}

  // "136.00" -> 13600, "-0.01" -> -1. Exact or an error: digits past the second must be zeros.
  static Expected<Size> parse(std::string_view contracts);

  // Whole contracts, as the exchange sent until March 2026. Error when it does not fit.
  static Expected<Size> from_contracts(std::int64_t contracts);

  constexpr std::int64_t hundredths() const { return hundredths_; }

  friend constexpr auto operator<=>(Size, Size) = default;
  friend constexpr Size operator+(Size a, Size b) { return Size(a.hundredths_ + b.hundredths_); }

 private:
  std::int64_t hundredths_ = 0;
};

}  // namespace kd
