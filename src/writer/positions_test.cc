#include "writer/positions.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

constexpr std::int64_t kSending = 1'000'000'000;
constexpr std::int64_t kThreeYears = 94'608'000'000'000;

TEST(PositionsTest, FollowTheClockAndNeverRepeat) {
  Positions positions(0);
  EXPECT_EQ(positions.take(10, 1'000, kSending), 1'000);
  EXPECT_EQ(positions.take(5, 1'003, kSending), 1'010) << "ten rows took 1000 to 1009";
  EXPECT_EQ(positions.take(1, 2'000, kSending), 2'000);
}

TEST(PositionsTest, AClockThatStepsBackDoesNotTakeThemAlong) {
  Positions positions(0);
  positions.take(1, 5'000, kSending);
  EXPECT_EQ(positions.take(1, 1'000, kSending), 5'001);
}

TEST(PositionsTest, AWildClockGetsAtMostAMinuteAheadOfTheExchange) {
  Positions positions(0);
  EXPECT_EQ(positions.take(1, kSending + kThreeYears, kSending), kSending + 60'000'000);
}

TEST(PositionsTest, AClockAloneNumbersNothing) {
  Positions positions(7'000);
  EXPECT_EQ(positions.take(2, kThreeYears, 0), 7'001);
  EXPECT_EQ(positions.take(1, kThreeYears, 0), 7'003);
}

TEST(PositionsTest, ContinueBehindWhatIsStored) {
  Positions positions(7'000);
  EXPECT_EQ(positions.take(1, 1'000, kSending), 7'001);
}

}  // namespace
}  // namespace kd
