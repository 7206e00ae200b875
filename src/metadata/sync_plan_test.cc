#include "metadata/sync_plan.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Kind = SyncPlan::Kind;

constexpr SyncPlan::Clock::time_point kStart{1h};

TEST(SyncPlanTest, BeginsWithEverythingAndAddsNothingBeforeThatIsRead) {
  SyncPlan plan(5min, 1h);
  EXPECT_EQ(plan.next(kStart), Kind::kFullWalk);
  EXPECT_EQ(plan.next(kStart + 10min), Kind::kNothing);
  plan.on_walk_end(100, 200);
  EXPECT_EQ(plan.next(kStart + 10min), Kind::kIncrement) << "due for five minutes";
  EXPECT_EQ(plan.next(kStart + 11min), Kind::kNothing);
  EXPECT_EQ(plan.wake_at(), kStart + 15min);
}

TEST(SyncPlanTest, IncrementsGoOnDuringALaterWalk) {
  SyncPlan plan(5min, 1h);
  plan.next(kStart);
  plan.on_walk_end(100, 200);
  EXPECT_EQ(plan.next(kStart + 1h), Kind::kFullWalk);
  EXPECT_EQ(plan.next(kStart + 1h), Kind::kIncrement);
  EXPECT_EQ(plan.next(kStart + 1h + 5min), Kind::kIncrement);
  EXPECT_TRUE(plan.walking());
}

TEST(SyncPlanTest, AnExpensiveWalkTakesATenthOfTheBudget) {
  SyncPlan plan(5min, 1h);
  plan.next(kStart);
  plan.on_walk_end(10'000, 200);  // 100,000 tokens
  while (plan.next(kStart + 5'000s - 1ms) == Kind::kIncrement) {
  }
  EXPECT_FALSE(plan.walking());
  EXPECT_EQ(plan.next(kStart + 5'000s), Kind::kFullWalk);
}

TEST(SyncPlanTest, ABrokenWalkBeginsAgainAfterAPause) {
  SyncPlan plan(5min, 1h);
  plan.next(kStart);
  plan.on_walk_broken(kStart, ~0ULL >> 1);
  EXPECT_FALSE(plan.walking());
  EXPECT_EQ(plan.next(kStart), Kind::kNothing);
  EXPECT_LE(plan.wake_at(), kStart + 2s);
  EXPECT_EQ(plan.next(kStart + 2s), Kind::kFullWalk);
}

}  // namespace
}  // namespace kd
