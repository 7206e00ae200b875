#include "sim/book.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

std::string text_of(const Book& book, bool yes, bool as_yes_price = false, std::size_t depth = 0) {
  std::string out;
  append_levels(out, book.side(yes), as_yes_price, depth);
  return out;
}

TEST(BookTest, AddsChangesAndDropsALevelAtZero) {
  Book book;
  book.apply(true, 42'000, 1000);
  book.apply(true, 41'000, 8850);
  book.apply(true, 42'000, -1000);
  EXPECT_EQ(text_of(book, true), R"([["0.4100","88.50"]])");
  EXPECT_EQ(book.best(true), (Level{41'000, 8850}));
  EXPECT_EQ(book.best(false), (Level{0, 0}));
}

TEST(BookTest, BestBidIsLastAndDepthCountsFromIt) {
  Book book;
  for (const int price : {3000, 1000, 2000}) book.apply(true, price, 100);
  EXPECT_EQ(text_of(book, true, false, 2), R"([["0.0200","1.00"],["0.0300","1.00"]])");
}

TEST(BookTest, NoSideAsYesPriceIsAscendingByThePrintedPrice) {
  Book book;
  book.apply(false, 54'000, 2000);
  book.apply(false, 56'000, 14'600);
  EXPECT_EQ(text_of(book, false, true), R"([["0.4400","146.00"],["0.4600","20.00"]])");
}

TEST(BookTest, NeverShowsALevelBelowZeroButBuildsOnIt) {
  Book book;
  book.apply(true, 42'000, -500);
  EXPECT_EQ(text_of(book, true), "[]");
  EXPECT_FALSE(has_levels(book.side(true)));
  book.apply(true, 42'000, 700);
  EXPECT_EQ(text_of(book, true), R"([["0.4200","2.00"]])");
}

}  // namespace
}  // namespace kd::sim
