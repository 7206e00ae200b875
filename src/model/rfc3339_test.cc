#include "model/rfc3339.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

std::int64_t us(std::string_view text) {
  const auto at = parse_rfc3339(text);
  EXPECT_TRUE(at) << text;
  return at ? to_us(*at) : -1;
}

TEST(Rfc3339Test, ReadsZeroToSixFractionDigits) {
  EXPECT_EQ(us("2026-08-11T00:30:42Z"), 1'786'408'242'000'000);
  EXPECT_EQ(us("2026-08-11T00:30:42.4Z"), 1'786'408'242'400'000);
  EXPECT_EQ(us("2026-08-11T00:30:42.445624Z"), 1'786'408'242'445'624);
  EXPECT_EQ(us("2026-08-11T00:30:42.445624000+00:00"), 1'786'408'242'445'624);
  EXPECT_EQ(us("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(us("2024-02-29T00:00:00Z"), 1'709'164'800'000'000);
}

TEST(Rfc3339Test, RefusesWhatIsNoUtcInstant) {
  for (const auto text :
       {"", "2026-08-11", "2026-08-11T00:30:42", "2026-13-11T00:30:42Z", "2026-02-29T00:30:42Z",
        "2026-08-11T24:30:42Z", "2026-08-11T00:60:42Z", "2026-08-11 00:30:42Z",
        "2026-08-11T00:30:42.Z", "2026-08-11T00:30:42.1234567Z", "2026-08-11T00:30:42+01:00",
        "2026-08-11T00:30:4xZ"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Rfc3339Test, WritesWhatItReads) {
  for (const auto* text : {"2026-08-11T00:30:42.000001Z", "1969-12-31T23:59:59.999999Z"}) {
    EXPECT_EQ(format_rfc3339(*parse_rfc3339(text)), text);
  }
}

}  // namespace
}  // namespace kd
