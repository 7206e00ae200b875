#include "router/pair_filter.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace kd {
namespace {

Trade trade(std::uint32_t number) {
  Trade t;
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "7e5b9c1a-52d3-4b0e-9d77-c3a1%08x", number);
  t.trade_id = *Uuid::parse(text.data());
  return t;
}
Micros second(int value) { return micros_from_ms(std::int64_t{1'000} * value); }

TEST(PairFilterTest, LetsEachTradePassOnce) {
  PairFilter filter;
  for (std::uint32_t i = 0; i < 10'000; ++i) EXPECT_TRUE(filter.first(trade(i), second(1)));
  for (std::uint32_t i = 0; i < 10'000; ++i) EXPECT_FALSE(filter.first(trade(i), second(2)));
}

TEST(PairFilterTest, RemembersForAWindowAndForgetsAfterTwo) {
  PairFilter filter;
  EXPECT_TRUE(filter.first(trade(1), second(100)));
  EXPECT_FALSE(filter.first(trade(1), second(131))) << "in the generation before";
  EXPECT_TRUE(filter.first(trade(1), second(162)));
}

TEST(PairFilterTest, EqualTickersOfOneMillisecondAreToldApartByOccurrence) {
  PairFilter filter;
  TickerUpdate ticker;
  ticker.ticker = "A";
  ticker.time.at = second(1);
  auto other = ticker;
  other.ticker = "B";
  EXPECT_TRUE(filter.first(ticker, 77, 0, second(1)));
  EXPECT_TRUE(filter.first(ticker, 77, 1, second(1)));
  EXPECT_TRUE(filter.first(other, 77, 0, second(1)));
  EXPECT_FALSE(filter.first(ticker, 77, 0, second(1)));
  EXPECT_FALSE(filter.first(ticker, 77, 1, second(1)));
}

}  // namespace
}  // namespace kd
