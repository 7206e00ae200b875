#include "coverage/tally.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

MarketCoverage example() {
  const LineLoss away{{10, 20}, 10, 0, 5, Cause::kClose, "cut"};
  const LineLoss never{{0, 20}, kEver, 1, -1, Cause::kNotSubscribed, {}};
  auto part = never;
  part.when = {10, 20};
  return {.window = {0, 40},
          .timeline = {{{0, 10}, 0b01}, {{10, 20}, 0}, {{20, 40}, 0b11}},
          .losses = {away, never},
          .holes = {{{10, 20}, {away, part}}}};
}

TEST(CoverageTallyTest, SharesAreOfTheTimeOfAllMarkets) {
  CoverageTally tally(2);
  tally.add(example());
  tally.add({.window = {0, 60}, .timeline = {{{0, 60}, 0b10}}, .losses = {}, .holes = {}});
  tally.add({});
  EXPECT_EQ(tally.markets(), 2);
  EXPECT_EQ(tally.market_us(), 100);
  EXPECT_DOUBLE_EQ(tally.share(1), 0.9);
  EXPECT_DOUBLE_EQ(tally.share(2), 0.2);
  EXPECT_EQ(tally.holes(), 1);
  EXPECT_EQ(tally.hole_us(), 10);
  EXPECT_EQ(tally.markets_with_holes(), 1);
}

TEST(CoverageTallyTest, LossIsAttributedToGathererSocketAndCause) {
  CoverageTally tally(2);
  tally.add(example());
  const auto& losses = tally.losses();
  ASSERT_EQ(losses.size(), 2U);
  const auto& cut = losses.at({0, 5, Cause::kClose});
  EXPECT_EQ(cut.market_us, 10);
  EXPECT_EQ(cut.hole_us, 10);
  const auto& late = losses.at({1, -1, Cause::kNotSubscribed});
  EXPECT_EQ(late.market_us, 20);
  EXPECT_EQ(late.hole_us, 10);
  EXPECT_EQ(late.stretches, 1);
}

TEST(CoverageTallyTest, NothingToWatchIsWatchedWholly) { EXPECT_EQ(CoverageTally(3).share(3), 1); }

}  // namespace
}  // namespace kd
