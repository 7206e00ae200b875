#include "book/known_books.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

KnownBooks::Entry entry(const std::string& ticker, std::int64_t at, int levels = 10) {
  FoldedBook book;
  for (int i = 1; i <= levels; ++i) {
    book.change(Side::kYes, *Price::from_raw(i * 1'000), Size(i));
  }
  return {ticker, {"g1", at, at, std::move(book)}, std::nullopt};
}

TEST(KnownBooksTest, GivesBackWhatWasPutLast) {
  KnownBooks books(1 << 20);
  books.put(entry("A", 1));
  books.put(entry("A", 2));
  ASSERT_NE(books.find("A"), nullptr);
  EXPECT_EQ(books.find("A")->known.at, 2);
  EXPECT_EQ(books.size(), 1U);
  EXPECT_EQ(books.find("B"), nullptr);
  books.erase("A");
  EXPECT_EQ(books.find("A"), nullptr);
  EXPECT_EQ(books.bytes(), 0U);
}

TEST(KnownBooksTest, StaysWithinItsBoundAndForgetsTheOldest) {
  KnownBooks books(64 << 10);
  for (int i = 0; i < 10'000; ++i) {
    books.put(entry("T" + std::to_string(i), i));
    ASSERT_LE(books.bytes(), 64U << 10);
  }
  EXPECT_GT(books.size(), 50U);
  EXPECT_EQ(books.find("T0"), nullptr);
  EXPECT_NE(books.find("T9999"), nullptr);
}

TEST(KnownBooksTest, ABookBeyondTheBoundIsNotKept) {
  KnownBooks books(500);
  books.put(entry("A", 1, 90));
  EXPECT_EQ(books.size(), 0U);
  EXPECT_EQ(books.bytes(), 0U);
}

}  // namespace
}  // namespace kd
