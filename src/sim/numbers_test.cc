#include "sim/numbers.h"

#include <gmock/gmock.h>

#include "sim/timestamps.h"

namespace kd::sim {
namespace {

TEST(NumbersTest, PricesHaveFourDigitsAndAFifthOnlyWhenNeeded) {
  EXPECT_EQ(price_text(56'000), "0.5600");
  EXPECT_EQ(price_text(730), "0.0073");
  EXPECT_EQ(price_text(52'505), "0.52505");
  EXPECT_EQ(price_text(kDollar), "1.0000");
}

TEST(NumbersTest, CountsHaveTwoDigitsAndASign) {
  EXPECT_EQ(count_text(-4602), "-46.02");
  EXPECT_EQ(count_text(-1), "-0.01");
  EXPECT_EQ(count_text(106'516'183), "1065161.83");
}

TEST(NumbersTest, ReadsWhatIsExactAndNothingElse) {
  EXPECT_EQ(parse_price("0.5600"), 56'000);
  EXPECT_EQ(parse_price("0.560000"), 56'000);
  EXPECT_EQ(parse_price("1"), kDollar);
  for (const char* bad : {"", ".5", "0.", "1.00001", "0.123456", "-0.1", "0.5a", "5e-1"}) {
    EXPECT_EQ(parse_price(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_count("-46.02"), -4602);
  EXPECT_EQ(parse_count("250000.00"), 25'000'000);
  EXPECT_EQ(parse_count("0.001"), std::nullopt);
}

TEST(TimestampsTest, TrimsTrailingZerosAsTheExchangeDoes) {
  EXPECT_EQ(rfc3339_from_us(1'785'901'540'722'003), "2026-08-05T03:45:40.722003Z");
  EXPECT_EQ(rfc3339_from_us(1'785'901'540'720'000), "2026-08-05T03:45:40.72Z");
  EXPECT_EQ(rfc3339_from_us(1'785'901'540'000'000), "2026-08-05T03:45:40Z");
}

TEST(TimestampsTest, ReadsWhatItWrites) {
  for (const std::int64_t us : {1'785'901'540'722'003, 1'785'901'540'700'000, 0L}) {
    EXPECT_EQ(parse_rfc3339(rfc3339_from_us(us)), us);
  }
}

TEST(TimestampsTest, RefusesWhatIsNoUtcTime) {
  for (const char* bad : {"", "2026-08-05", "2026-08-05T03:45:40", "2026-13-05T03:45:40Z",
                          "2026-08-05T25:45:40Z", "2026-08-05T03:45:40.Z", "garbage"}) {
    EXPECT_EQ(parse_rfc3339(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace kd::sim
