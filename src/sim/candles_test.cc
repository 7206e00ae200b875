#include "sim/candles.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

TEST(CandlesTest, AMinuteHoldsWhatHappenedInIt) {
  Candles candles;
  std::uint32_t handle = 0;
  candles.quote(handle, 10, 40'000, 42'000, 500);
  candles.quote(handle, 10, 39'000, 43'000, 600);
  candles.trade(handle, 10, 41'000, 200);
  candles.trade(handle, 10, 43'000, 100);
  candles.trade(handle, 10, 42'000, 100);
  const auto found = candles.between(handle, 10, 10);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].yes_bid.low, 0) << "a market begins with an empty book";
  EXPECT_EQ(found[0].yes_bid.close, 39'000);
  EXPECT_EQ(found[0].price.open, 41'000);
  EXPECT_EQ(found[0].price.high, 43'000);
  EXPECT_EQ(found[0].price.close, 42'000);
  EXPECT_EQ(found[0].volume, 400);
  EXPECT_EQ(found[0].price_times_size / found[0].volume, 41'750);
  EXPECT_EQ(found[0].open_interest, 600);
}

TEST(CandlesTest, MinutesComeInOrderAndTheOneBeforeIsTold) {
  Candles candles;
  std::uint32_t one = 0, other = 0;
  for (std::int64_t minute = 1; minute <= 5; ++minute) {
    candles.trade(one, minute, static_cast<std::int32_t>(minute) * 1000, 100);
    candles.trade(other, minute, 90'000, 100);
  }
  Candle before;
  const auto found = candles.between(one, 3, 4, &before);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].minute, 3);
  EXPECT_EQ(found[1].price.close, 4000);
  EXPECT_EQ(before.price.close, 2000);
}

TEST(CandlesTest, OnlyTheNewestAreKept) {
  Candles candles;
  std::uint32_t handle = 0;
  for (std::size_t minute = 0; minute < Candles::kKept + 10; ++minute) {
    candles.trade(handle, static_cast<std::int64_t>(minute), 50'000, 100);
  }
  EXPECT_EQ(candles.between(handle, 0, 1'000'000).size(), Candles::kKept);
  EXPECT_TRUE(candles.between(handle, 0, 9).empty());
}

}  // namespace
}  // namespace kd::sim
