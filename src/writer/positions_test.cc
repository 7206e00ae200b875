#include "writer/positions.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(PositionsTest, FollowTheClockAndNeverRepeat) {
  Positions positions(0);
  EXPECT_EQ(positions.take(10, 1'000, 0), 1'000);
  EXPECT_EQ(positions.take(5, 1'003, 0), 1'010) << "ten rows took 1000 to 1009";
  EXPECT_EQ(positions.take(1, 2'000, 0), 2'000);
}

TEST(PositionsTest, AClockThatStepsBackDoesNotTakeThemAlong) {
  Positions positions(0);
  positions.take(1, 5'000, 0);
  EXPECT_EQ(positions.take(1, 1'000, 0), 5'001);
}

TEST(PositionsTest, AWildClockGetsAtMostAMinuteAheadOfTheExchange) {
  Positions positions(0);
  const std::int64_t sending = 1'000'000'000;
  const std::int64_t three_years = 94'608'000'000'000;
  EXPECT_EQ(positions.take(1, sending + three_years, sending), sending + 60'000'000);
}

TEST(PositionsTest, ContinueBehindWhatIsStored) {
  Positions positions(7'000);
  EXPECT_EQ(positions.take(1, 1'000, 0), 7'001);
}

}  // namespace
}  // namespace kd
