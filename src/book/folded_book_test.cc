#include "book/folded_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "model/order_book.h"

namespace kd {
namespace {

Price price(std::int64_t raw) { return *Price::from_raw(raw); }

TEST(FoldedBookTest, HoldsLevelsAscendingWhateverTheirOrder) {
  std::vector<Level> yes{
      {price(40'000), Size(100)}, {price(41'000), Size(200)}, {price(39'500), Size(5)}};
  const FoldedBook one(yes, {});
  std::ranges::reverse(yes);
  const FoldedBook other(yes, {});
  EXPECT_EQ(one, other);
  EXPECT_EQ(one.sum(), other.sum());
  EXPECT_EQ(one.best_bid(Side::kYes)->price, price(41'000));
  EXPECT_EQ(one.best_ask(Side::kNo)->price, price(59'000));
  EXPECT_FALSE(one.best_bid(Side::kNo));
  EXPECT_FALSE(one.best_ask(Side::kYes));
}

TEST(FoldedBookTest, EqualsTheOrderBookAfterTheSameChanges) {
  std::mt19937 random(7);
  OrderBook order;
  FoldedBook folded;
  for (int i = 0; i < 20'000; ++i) {
    const auto side = random() % 2 == 0 ? Side::kYes : Side::kNo;
    const auto at = price(1'000 * (1 + static_cast<std::int64_t>(random() % 99)));
    const Size by(static_cast<std::int64_t>(random() % 400) - 200);
    if (!order.apply(side, at, by)) continue;
    folded.change(side, at, by);
    ASSERT_TRUE(std::ranges::equal(order.bids(side), folded.bids(side)));
  }
  EXPECT_EQ(folded.sum(), FoldedBook(order.bids(Side::kYes), order.bids(Side::kNo)).sum());
}

TEST(FoldedBookTest, KeepsALevelBelowZeroAndForgetsItWhenItComesBack) {
  FoldedBook book;
  book.change(Side::kYes, price(1'000), Size(-5));
  book.change(Side::kYes, price(500), Size(7));
  EXPECT_EQ(book.negative_levels(), 1U);
  EXPECT_EQ(book.best_bid(Side::kYes)->price, price(500)) << "no bid below zero is the best";
  book.change(Side::kYes, price(1'000), Size(5));
  EXPECT_EQ(book.negative_levels(), 0U);
  EXPECT_EQ(book.levels(), 1U);
}

TEST(FoldedBookTest, AChangeTakenBackLeavesNothing) {
  FoldedBook book;
  const BookChange change{0, Side::kNo, price(1'000), Size(5)};
  book.apply(change);
  book.undo(change);
  EXPECT_EQ(book, FoldedBook());
  EXPECT_EQ(book.sum(), FoldedBook().sum());
}

}  // namespace
}  // namespace kd
