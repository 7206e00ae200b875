#include "backfill/trade_window.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;

constexpr std::chrono::sys_seconds at(int second) {
  return std::chrono::sys_seconds(std::chrono::seconds(1'000'000 + second));
}
constexpr TradeWindow kWindow{.from = at(0), .to = at(100)};

TierRange live(int from, int to) { return {TradeTier::kLive, at(from), at(to)}; }
TierRange historical(int from, int to) { return {TradeTier::kHistorical, at(from), at(to)}; }

TEST(TierRangesTest, AskTheTierThatHasTheWindowASecondWider) {
  EXPECT_THAT(tier_ranges(kWindow, at(-500)), ElementsAre(live(-1, 101)));
  EXPECT_THAT(tier_ranges(kWindow, at(500)), ElementsAre(historical(-1, 101)));
}

TEST(TierRangesTest, AskBothAcrossTheCutoffWithoutAHole) {
  EXPECT_THAT(tier_ranges(kWindow, at(40)), ElementsAre(historical(-1, 41), live(39, 101)));
  const auto inside = Micros(at(40)) + std::chrono::microseconds(1);
  EXPECT_THAT(tier_ranges(kWindow, inside), ElementsAre(historical(-1, 42), live(39, 101)));
}

TEST(MovedRangeTest, IsWhatLeftTheLiveTierMeanwhile) {
  EXPECT_EQ(moved_range(kWindow, at(-500), at(-100)), std::nullopt);
  EXPECT_EQ(moved_range(kWindow, at(20), at(20)), std::nullopt);
  EXPECT_EQ(moved_range(kWindow, at(-500), at(30)), historical(-1, 31));
  EXPECT_EQ(moved_range(kWindow, at(30), at(5000)), historical(29, 101));
  EXPECT_EQ(moved_range(kWindow, at(200), at(5000)), std::nullopt);
}

TEST(WindowWidthTest, FollowsHowManyPagesAWindowTakes) {
  WindowWidth width(std::chrono::hours(1));
  EXPECT_EQ(width.get(), std::chrono::minutes(10));
  for (int i = 0; i < 5; ++i) width.on_window(1);
  EXPECT_EQ(width.get(), std::chrono::hours(1));
  width.on_window(10);
  EXPECT_EQ(width.get(), std::chrono::hours(1));
  for (int i = 0; i < 20; ++i) width.on_window(50);
  EXPECT_EQ(width.get(), std::chrono::seconds(10));
}

}  // namespace
}  // namespace kd
