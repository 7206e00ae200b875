#include "model/book_sum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "model/order_book.h"

namespace kd {
namespace {

Price price(int raw) { return *Price::from_raw(raw); }

TEST(BookSumTest, FollowsChangesFromOneSnapshotToTheNext) {
  std::mt19937_64 random(7);
  const std::vector<Level> yes{{price(40'000), Size(100)}, {price(41'000), Size(250)}};
  OrderBook book;
  const OrderbookSnapshot first{.ticker = "A", .yes = yes, .no = {}};
  book.reset(first.yes, first.no);
  auto sum = BookSum::of(first);
  for (int i = 0; i < 10'000; ++i) {
    const auto side = random() % 2 == 0 ? Side::kYes : Side::kNo;
    const auto at = price(static_cast<int>(random() % 100) * 1'000);
    const Size change(static_cast<std::int64_t>(random() % 500) + 1);
    ASSERT_TRUE(book.apply(side, at, change));
    sum.change(side, at, change);
  }
  EXPECT_EQ(BookSum::of({.ticker = "A", .yes = book.bids(Side::kYes), .no = book.bids(Side::kNo)}),
            sum);
}

TEST(BookSumTest, TellsSidesPricesAndSizesApart) {
  const std::vector<Level> one{{price(40'000), Size(100)}};
  const std::vector<Level> dearer{{price(40'010), Size(100)}};
  const std::vector<Level> more{{price(40'000), Size(101)}};
  const auto sum = BookSum::of({.ticker = "", .yes = one, .no = {}});
  EXPECT_NE(sum, BookSum::of({.ticker = "", .yes = {}, .no = one}));
  EXPECT_NE(sum, BookSum::of({.ticker = "", .yes = dearer, .no = {}}));
  EXPECT_NE(sum, BookSum::of({.ticker = "", .yes = more, .no = {}}));
  EXPECT_NE(sum, BookSum());
}

}  // namespace
}  // namespace kd
