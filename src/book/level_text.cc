#include "book/level_text.h"

#include <fmt/format.h>

#include <cstdlib>

namespace kd {

std::string price_text(Price price) {
  auto text = fmt::format("{}.{:05}", price.raw() / Price::kUnitsPerDollar,
                          price.raw() % Price::kUnitsPerDollar);
  if (text.back() == '0') text.pop_back();
  return text;
}

std::string size_text(Size size) {
  const auto hundredths = size.hundredths();
  return fmt::format("{}{}.{:02}", hundredths < 0 ? "-" : "", std::abs(hundredths / 100),
                     std::abs(hundredths % 100));
}

}  // namespace kd
