#include "model/occurrence.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

Micros ms(std::int64_t value) { return micros_from_ms(value); }

class RowNumberingTest : public testing::Test {
 protected:
  RowNumber next(std::int64_t at_ms, std::uint64_t content) {
    return numbering_.number(ms(at_ms), content, ms(100));
  }
  RowNumbering numbering_;
};

TEST_F(RowNumberingTest, EqualRowsOfAMillisecondCountUp) {
  EXPECT_EQ(next(1'000, 7).occurrence, 0);
  EXPECT_EQ(next(1'000, 8).occurrence, 0);
  EXPECT_EQ(next(1'000, 7).occurrence, 1);
  EXPECT_EQ(next(1'000, 7).occurrence, 2);
  EXPECT_EQ(next(1'001, 7).occurrence, 0);
}

TEST_F(RowNumberingTest, OrdinalIsTheIndexWithinTheMillisecond) {
  EXPECT_EQ(next(1'000, 7).ordinal, 0);
  EXPECT_EQ(next(1'000, 8).ordinal, 1);
  EXPECT_EQ(next(1'001, 8).ordinal, 0);
}

TEST_F(RowNumberingTest, AStepBackInTimeIsNumberedAsIfItHadNotHappened) {
  next(1'000, 7);
  next(1'000, 7);
  next(1'005, 7);
  const auto row = next(1'000, 7);
  EXPECT_EQ(row.occurrence, 2);
  EXPECT_EQ(row.ordinal, 2);
  EXPECT_EQ(next(1'005, 7).occurrence, 1);
}

TEST_F(RowNumberingTest, AStepBackIsRememberedThroughABusySecond) {
  next(10'000, 7);
  for (int i = 1; i < 9'000; ++i) next(10'000 + i, static_cast<std::uint64_t>(i));
  EXPECT_EQ(next(10'000, 7).occurrence, 1);
}

TEST_F(RowNumberingTest, SaysWhenAStepBackIsFurtherThanItRemembers) {
  next(50'000, 7);
  EXPECT_TRUE(next(40'000, 7).certain);
  EXPECT_FALSE(next(39'999, 7).certain);
  EXPECT_TRUE(next(50'000, 7).certain);
}

TEST_F(RowNumberingTest, AMillisecondJoinedMidwaySortsBehindAWholeOne) {
  EXPECT_EQ(next(100, 7).ordinal, RowNumbering::kJoinedMidway);
  EXPECT_EQ(next(100, 8).ordinal, RowNumbering::kJoinedMidway + 1);
  EXPECT_EQ(next(101, 8).ordinal, 0);
}

TEST(DeltaContentTest, DiffersInPriceSideAndChange) {
  OrderbookDelta a{.ticker = "A",
                   .side = Side::kYes,
                   .price = *Price::from_raw(43'000),
                   .change = Size(100),
                   .time = {}};
  const auto same = delta_content(a);
  auto b = a;
  b.side = Side::kNo;
  EXPECT_NE(delta_content(b), same);
  b = a;
  b.price = *Price::from_raw(43'010);
  EXPECT_NE(delta_content(b), same);
  b = a;
  b.change = Size(-100);
  EXPECT_NE(delta_content(b), same);
  b = a;
  b.ticker = "B";
  EXPECT_EQ(delta_content(b), same);
}

TEST(TickerContentHashTest, NeverChangesBetweenVersions) {
  const TickerUpdate ticker{.ticker = "A",
                            .yes_bid = *Price::from_raw(53'000),
                            .yes_ask = *Price::from_raw(54'000),
                            .last_price = std::nullopt,
                            .volume = Size(100),
                            .open_interest = Size(50),
                            .dollar_volume = -1,
                            .dollar_open_interest = 0,
                            .yes_bid_size = Size(1),
                            .yes_ask_size = Size(2),
                            .last_trade_size = Size(3),
                            .time = {}};
  auto other = ticker;
  other.last_price = *Price::from_raw(0);
  EXPECT_NE(ticker_content_hash(ticker), ticker_content_hash(other)) << "absent is not zero";
  EXPECT_EQ(ticker_content_hash(ticker), -2546742671404523040);
}

}  // namespace
}  // namespace kd
