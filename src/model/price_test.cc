#include "model/price.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(PriceTest, IsExactForEveryValueThereIs) {
  for (std::int32_t raw = 0; raw <= Price::kUnitsPerDollar; ++raw) {
    const auto text = fmt::format("{}.{:05}", raw / 100'000, raw % 100'000);
    const auto price = Price::parse(text);
    ASSERT_TRUE(price) << price.error().what;
    ASSERT_EQ(price->raw(), raw) << text;
    if (raw % 10 == 0) {
      ASSERT_EQ(Price::parse(text.substr(0, 6))->raw(), raw) << text;
    }
  }
}

TEST(PriceTest, KeepsWhatBinaryFractionsLose) {
  EXPECT_EQ(Price::parse("0.29")->raw(), 29'000);
  EXPECT_EQ(Price::parse("0.57")->raw(), 57'000);
  EXPECT_EQ(Price::parse("0.58")->raw(), 58'000);
}

TEST(PriceTest, AcceptsTrailingZerosBeyondItsUnit) {
  EXPECT_EQ(Price::parse("0.520000")->raw(), 52'000);
  EXPECT_EQ(Price::parse("1.0000")->raw(), 100'000);
}

TEST(PriceTest, RefusesWhatItCannotRepresentExactly) {
  for (const auto text :
       {"", "-0.5", "0.", ".5", "0.525051", "1.00001", "2", "0.5e1", "0.5 ", "0.56a0", "0x5600"}) {
    EXPECT_FALSE(Price::parse(text)) << text;
  }
}

TEST(PriceTest, ReadsLegacyCents) {
  EXPECT_EQ(Price::from_cents(37)->raw(), 37'000);
  EXPECT_FALSE(Price::from_cents(101));
  EXPECT_FALSE(Price::from_cents(-1));
}

TEST(PriceTest, ComplementIsTheOtherLeg) {
  EXPECT_EQ(Price::parse("0.5600")->complement().raw(), 44'000);
}

}  // namespace
}  // namespace kd
