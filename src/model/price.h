#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/expected.h"

namespace kd {

// A contract price in hundred-thousandths of a dollar: 52000 is $0.52.
//
// Invariant: 0 <= raw() <= 100'000. No other value can be made, so code that
// holds a Price never checks it again.
class Price {
 public:
  static constexpr std::int32_t kUnitsPerDollar = 100'000;
  static constexpr std::int32_t kUnitsPerCent = 1'000;

  // "0.5250" -> 52500. A sixth non-zero decimal, a sign or an empty string is an error:
  // we never round a price and never invent a zero.
  static Expected<Price> parse(std::string_view dollars);

  // The inverse of raw(), for values read back from a `price` column.
  static Expected<Price> from_raw(std::int64_t raw);

  // Whole cents, as the exchange sent until March 2026.
  static Expected<Price> from_cents(std::int64_t cents);

  constexpr std::int32_t raw() const { return raw_; }

  // The price of the other leg: a yes bid at p is a no ask at 1 - p.
  constexpr Price complement() const { return Price(kUnitsPerDollar - raw_); }

  friend constexpr auto operator<=>(Price, Price) = default;

 private:
  explicit constexpr Price(std::int32_t raw) : raw_(raw) {}
  std::int32_t raw_;
};

}  // namespace kd
