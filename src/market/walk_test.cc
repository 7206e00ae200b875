#include "market/walk.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr Walk::Clock::time_point kStart{1h};

TEST(WalkTest, FollowsTheCursorOfEachListToItsEnd) {
  Walk walk({"status=open", "status=unopened"}, 1000);
  EXPECT_EQ(walk.next(kStart)->path, "/markets?limit=1000&status=open");
  EXPECT_EQ(walk.next(kStart)->path, "/markets?limit=1000&status=unopened");
  EXPECT_FALSE(walk.next(kStart)) << "one page of a list at a time";
  walk.on_page(1, "", false);
  walk.on_page(0, "a+=", false);
  const auto page = walk.next(kStart);
  EXPECT_EQ(page->path, "/markets?limit=1000&status=open&cursor=a%2B%3D");
  EXPECT_EQ(page->list, 0U);
  EXPECT_FALSE(walk.over());
  walk.on_page(0, "", true);
  EXPECT_TRUE(walk.complete());
  EXPECT_EQ(walk.pages(), 3U);
}

TEST(WalkTest, AnEmptyPageThatRepeatsItsCursorIsTheLast) {
  Walk walk({"status=open"}, 10);
  walk.next(kStart);
  walk.on_page(0, "a", false);
  walk.next(kStart);
  walk.on_page(0, "a", true);
  EXPECT_TRUE(walk.complete());
}

TEST(WalkTest, AFailedPageIsAskedForAgainAfterAWait) {
  Walk walk({"status=open"}, 10);
  walk.next(kStart);
  walk.on_page(0, "a", false);
  walk.next(kStart);
  walk.on_failed(0, Remedy::kRetry, kStart, 1'000);
  EXPECT_FALSE(walk.next(kStart));
  EXPECT_EQ(walk.wake_at(), kStart + 1s);
  EXPECT_EQ(walk.next(kStart + 1s)->path, "/markets?limit=10&status=open&cursor=a");
  walk.on_page(0, "", false);
  EXPECT_TRUE(walk.complete());
}

TEST(WalkTest, AListThatCannotBeReadMakesItIncomplete) {
  Walk refused({"status=open", "status=unopened"}, 10);
  refused.next(kStart);
  refused.on_failed(0, Remedy::kDropItem, kStart, 0);
  refused.next(kStart);
  refused.on_page(1, "", false);
  EXPECT_TRUE(refused.over());
  EXPECT_FALSE(refused.complete());

  Walk down({"status=open"}, 10);
  auto now = kStart;
  for (int i = 0; i < Walk::kTries; ++i) {
    ASSERT_TRUE(down.next(now)) << i;
    down.on_failed(0, Remedy::kReconnect, now, 0);
    now += 1min;
  }
  EXPECT_TRUE(down.over());
  EXPECT_FALSE(down.complete());
}

TEST(WalkTest, AsksForASeriesAloneWhereTheRulesNameThemAll) {
  EXPECT_THAT(full_walk_filters({}),
              ElementsAre("status=open&mve_filter=exclude", "status=unopened&mve_filter=exclude",
                          "status=open&mve_filter=only", "status=unopened&mve_filter=only"));
  const auto rules = UniverseRules::parse({"series:KXBTC"}, {}, {"false"});
  ASSERT_TRUE(rules);
  EXPECT_THAT(full_walk_filters(*rules),
              ElementsAre("status=open&mve_filter=exclude&series_ticker=KXBTC",
                          "status=unopened&mve_filter=exclude&series_ticker=KXBTC"));
  EXPECT_THAT(increment_filters(*rules, 1'000),
              ElementsAre("min_updated_ts=1000&mve_filter=exclude&series_ticker=KXBTC"));
}

}  // namespace
}  // namespace kd
