#include "market/reconcile_plan.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;
using Kind = ReconcilePlan::Kind;

constexpr ReconcilePlan::Clock::time_point kStart{100h};

TEST(ReconcilePlanTest, ACheapWalkIsRepeatedEveryInterval) {
  ReconcilePlan plan(5min);
  EXPECT_EQ(plan.next(kStart), Kind::kFullWalk);
  EXPECT_EQ(plan.next(kStart + 6min), Kind::kNothing) << "it is still running";
  plan.on_walk_end(20, 200);
  EXPECT_EQ(plan.next(kStart + 5min - 1s), Kind::kNothing);
  EXPECT_EQ(plan.wake_at(), kStart + 5min);
  EXPECT_EQ(plan.next(kStart + 5min), Kind::kFullWalk);
}

TEST(ReconcilePlanTest, ADearWalkUsesATenthOfTheBudgetWithIncrementsBetween) {
  ReconcilePlan plan(5min);
  ASSERT_EQ(plan.next(kStart), Kind::kFullWalk);
  plan.on_walk_end(2'000, 200);  // 100 s of tokens, so 1,000 s
  ASSERT_EQ(plan.next(kStart + 5min), Kind::kIncrement);
  plan.on_increment_end();
  ASSERT_EQ(plan.next(kStart + 10min), Kind::kIncrement);
  plan.on_increment_end();
  ASSERT_EQ(plan.next(kStart + 15min), Kind::kIncrement);
  plan.on_increment_end();
  EXPECT_EQ(plan.next(kStart + 20min), Kind::kFullWalk);
}

TEST(ReconcilePlanTest, AWalkThatBrokeOffIsRepeatedSoonButNotAtOnce) {
  ReconcilePlan plan(5min);
  auto now = kStart;
  int walks = 0;
  for (; now < kStart + 10min; now += 100ms) {
    if (plan.next(now) != Kind::kFullWalk) continue;
    ++walks;
    plan.on_walk_broken(now, ~0ULL % 1'000'000);
  }
  EXPECT_GE(walks, 10);
  EXPECT_LE(walks, 60);
}

}  // namespace
}  // namespace kd
