#include "book/rest_check.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

Price price(std::int64_t raw) { return *Price::from_raw(raw); }

FoldedBook book(std::int64_t yes, std::int64_t no) {
  FoldedBook out;
  out.change(Side::kYes, price(50'000), Size(yes));
  out.change(Side::kNo, price(40'000), Size(no));
  return out;
}

PolledBook rest_at(std::int64_t requested, std::int64_t received) {
  PolledBook out;
  out.requested_at = requested;
  out.received_at = received;
  return out;
}

// 100 until second 10, then 110, at second 11 100 again, at second 30 replaced by an empty book.
Timeline timeline() {
  return Timeline({{"g1", 1 * kSecond, 2 * kSecond, book(100, 7)},
                   {"g2", 30 * kSecond, 31 * kSecond, FoldedBook()}},
                  {{10 * kSecond, Side::kYes, price(50'000), Size(10)},
                   {11 * kSecond, Side::kYes, price(50'000), Size(-10)}});
}

TEST(RestCheckTest, TheWindowIsWidenedByTheClocksAndBeginsAtAMillisecond) {
  const auto window = window_of(rest_at(5'000'777, 5'200'333), {.clocks = kSecond, .cached = 0});
  EXPECT_EQ(window.from, 4'000'000);
  EXPECT_EQ(window.to, 6'200'333);
}

TEST(RestCheckTest, FindsTheFirstInstantAtWhichBothAgree) {
  const auto line = timeline();
  const auto match = find_match(line, book(110, 7), {5 * kSecond, 12 * kSecond});
  ASSERT_TRUE(match);
  EXPECT_EQ(match->at, 10 * kSecond);
  EXPECT_EQ(match->base->line, "g1");
  EXPECT_EQ(find_match(line, book(100, 7), {5 * kSecond, 12 * kSecond})->at, 5 * kSecond);
}

TEST(RestCheckTest, ABookThatHeldOutsideOfTheWindowDoesNotMatch) {
  const auto line = timeline();
  EXPECT_FALSE(find_match(line, book(110, 7), {5 * kSecond, 10 * kSecond - 1}));
  EXPECT_FALSE(find_match(line, book(110, 7), {11 * kSecond, 20 * kSecond}));
  EXPECT_TRUE(find_match(line, book(110, 7), {11 * kSecond - 1, 20 * kSecond}));
}

TEST(RestCheckTest, AReplacementOfUnknownMomentIsRightBeforeItIsSeen) {
  const auto line = timeline();
  EXPECT_FALSE(find_match(line, FoldedBook(), {20 * kSecond, 21 * kSecond}));
  const auto match = match_of_replacement(line, FoldedBook(), {20 * kSecond, 21 * kSecond});
  ASSERT_TRUE(match);
  EXPECT_EQ(match->base->line, "g2");
  EXPECT_FALSE(match_of_replacement(line, FoldedBook(), {8 * kSecond, 9 * kSecond}))
      << "changes came after the window, so the book was not replaced yet";
}

TEST(RestCheckTest, NamesTheLevelAndTheDifferenceOfTheNearestState) {
  const auto line = timeline();
  const auto nearest = nearest_state(line, book(105, 7), {9 * kSecond, 12 * kSecond});
  ASSERT_TRUE(nearest);
  ASSERT_EQ(nearest->levels.size(), 1U);
  EXPECT_EQ(nearest->levels[0].price, price(50'000));
  EXPECT_EQ(nearest->levels[0].side, Side::kYes);
  EXPECT_EQ(nearest->levels[0].rest, Size(105));
  EXPECT_EQ(nearest->levels[0].rebuilt, Size(100));
}

TEST(RestCheckTest, DifferencesNameLevelsOfEitherBookAlone) {
  FoldedBook rest;
  rest.change(Side::kYes, price(1'000), Size(5));
  rest.change(Side::kYes, price(3'000), Size(9));
  FoldedBook rebuilt;
  rebuilt.change(Side::kYes, price(2'000), Size(6));
  rebuilt.change(Side::kYes, price(3'000), Size(9));
  rebuilt.change(Side::kNo, price(4'000), Size(1));
  const auto levels = differences(rest, rebuilt);
  ASSERT_EQ(levels.size(), 3U);
  EXPECT_EQ(levels[0].rest, Size(5));
  EXPECT_EQ(levels[0].rebuilt, Size());
  EXPECT_EQ(levels[1].rest, Size());
  EXPECT_EQ(levels[1].rebuilt, Size(6));
  EXPECT_EQ(levels[2].side, Side::kNo);
  EXPECT_TRUE(differences(rest, rest).empty());
}

}  // namespace
}  // namespace kd
