#include "model/order_book.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;

Price price(std::string_view text) { return *Price::parse(text); }
Level level(std::string_view p, std::int64_t hundredths) { return {price(p), Size(hundredths)}; }

TEST(OrderBookTest, ALevelThatReachesZeroIsGone) {
  OrderBook book;
  ASSERT_TRUE(book.apply(Side::kYes, price("0.43"), Size(7'500)));
  ASSERT_TRUE(book.apply(Side::kYes, price("0.41"), Size(8'850)));
  ASSERT_TRUE(book.apply(Side::kYes, price("0.41"), Size(-8'850)));
  EXPECT_THAT(book.bids(Side::kYes), ElementsAre(level("0.43", 7'500)));
  EXPECT_THAT(book.bids(Side::kNo), ElementsAre());
}

TEST(OrderBookTest, KeepsItsStateWhenALevelWouldBecomeNegative) {
  OrderBook book;
  ASSERT_TRUE(book.apply(Side::kNo, price("0.56"), Size(100)));
  EXPECT_FALSE(book.apply(Side::kNo, price("0.56"), Size(-101)));
  EXPECT_FALSE(book.apply(Side::kYes, price("0.56"), Size(-1)));
  EXPECT_THAT(book.bids(Side::kNo), ElementsAre(level("0.56", 100)));
}

TEST(OrderBookTest, ASnapshotReplacesBothSides) {
  OrderBook book;
  ASSERT_TRUE(book.apply(Side::kYes, price("0.10"), Size(1)));
  const Level no[] = {level("0.56", 14'600)};
  book.reset({}, no);
  EXPECT_TRUE(book.bids(Side::kYes).empty());
  EXPECT_THAT(book.bids(Side::kNo), ElementsAre(no[0]));
  book.reset({}, {});
  EXPECT_TRUE(book.empty());
}

TEST(OrderBookTest, BestLevelsDoNotDependOnTheOrderOfASnapshot) {
  const Level up[] = {level("0.41", 1), level("0.43", 2)};
  const Level down[] = {level("0.43", 2), level("0.41", 1)};
  OrderBook a;
  OrderBook b;
  a.reset(up, {});
  b.reset(down, {});
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.best_bid(Side::kYes), level("0.43", 2));
}

TEST(OrderBookTest, AsksComeFromTheOtherSideAndAnEmptySideHasNone) {
  OrderBook book;
  const Level no[] = {level("0.54", 2'000), level("0.56", 14'600)};
  book.reset({}, no);
  EXPECT_EQ(book.best_bid(Side::kYes), std::nullopt);
  EXPECT_EQ(book.best_ask(Side::kYes), level("0.44", 14'600));
  EXPECT_EQ(book.best_ask(Side::kNo), std::nullopt);
}

}  // namespace
}  // namespace kd
