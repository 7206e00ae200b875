#include "poller/sweep.h"

#include <gmock/gmock.h>

#include <map>
#include <numeric>

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

constexpr Sweep::Clock::time_point kStart{1000h};

std::vector<Sweep::Id> ids(Sweep::Id count, Sweep::Id first = 0) {
  std::vector<Sweep::Id> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

class SweepTest : public testing::Test {
 protected:
  // Everything due is asked for and answered at once.
  std::size_t poll_all(Sweep::Clock::time_point now) {
    std::size_t polled = 0;
    for (auto batch = sweep_.next(now); !batch.empty(); batch = sweep_.next(now)) {
      polled += batch.ids.size();
      sweep_.on_done(batch, true, now);
    }
    return polled;
  }
  Sweep sweep_{15min, kStart + 5min};
};

TEST_F(SweepTest, NewMarketsArePolledAtOnceInFullBatches) {
  sweep_.add(ids(250), kStart);
  EXPECT_THAT(sweep_.next(kStart).ids, SizeIs(100));
  EXPECT_THAT(sweep_.next(kStart).ids, SizeIs(100));
  EXPECT_TRUE(sweep_.next(kStart).empty()) << "the rest waits a moment for company";
  EXPECT_EQ(sweep_.wake_at(), kStart + Sweep::kLinger);
  EXPECT_THAT(sweep_.next(kStart + Sweep::kLinger).ids, SizeIs(50));
}

TEST_F(SweepTest, EveryMarketOnceInEachCycle) {
  sweep_.add(ids(1'000), kStart);
  EXPECT_EQ(poll_all(kStart), 1'000U);
  EXPECT_EQ(poll_all(kStart + 5min - 1s), 0U);
  EXPECT_EQ(sweep_.wake_at(), kStart + 5min);
  EXPECT_EQ(poll_all(kStart + 5min), 1'000U);
  EXPECT_EQ(poll_all(kStart + 20min - 1s), 0U);
  EXPECT_EQ(poll_all(kStart + 20min), 1'000U);
}

TEST_F(SweepTest, NeverPolledGoesFirstThenWhatFailedThenTheOldest) {
  sweep_.add(ids(300), kStart);
  const auto first = sweep_.next(kStart);
  const auto second = sweep_.next(kStart);
  const auto third = sweep_.next(kStart);
  sweep_.on_done(second, true, kStart);
  sweep_.on_done(third, false, kStart);
  sweep_.on_done(first, true, kStart);
  const auto cycle = kStart + 5min;
  sweep_.add(ids(100, 900), cycle);
  EXPECT_EQ(sweep_.next(cycle).ids, ids(100, 900));
  EXPECT_EQ(sweep_.next(cycle).ids, third.ids);
  EXPECT_EQ(sweep_.next(cycle).ids, second.ids);
  EXPECT_EQ(sweep_.next(cycle).ids, first.ids);
}

TEST_F(SweepTest, CyclesNeverOverlapAndALateOneIsFollowedAtOnce) {
  sweep_.add(ids(200), kStart);
  poll_all(kStart);
  const auto began = kStart + 5min;
  const auto slow = sweep_.next(began);
  sweep_.on_done(sweep_.next(began), true, began);
  const auto late = began + 40min;
  EXPECT_TRUE(sweep_.next(late).empty()) << "a batch of the cycle is still under way";
  EXPECT_EQ(sweep_.take_finished(), std::nullopt);
  EXPECT_EQ(sweep_.wake_at(), std::nullopt);
  sweep_.on_done(slow, true, late);
  EXPECT_EQ(sweep_.take_finished(), 40min);
  EXPECT_EQ(poll_all(late), 200U);
  EXPECT_EQ(sweep_.wake_at(), late + 15min);
}

TEST_F(SweepTest, AFailureIsRetriedInTheNextCycleAndNotBefore) {
  sweep_.add(ids(100), kStart);
  sweep_.on_done(sweep_.next(kStart), false, kStart);
  EXPECT_TRUE(sweep_.next(kStart + 1min).empty());
  EXPECT_EQ(sweep_.polled(kStart), 0U);
  EXPECT_EQ(poll_all(kStart + 5min), 100U);
}

TEST_F(SweepTest, WhatIsNoLongerOpenIsNotPolledAndMayComeBack) {
  sweep_.add(ids(100), kStart);
  const auto batch = sweep_.next(kStart);
  sweep_.remove(ids(50));
  sweep_.on_done(batch, true, kStart);
  sweep_.add(ids(10), kStart + 1s);
  EXPECT_EQ(poll_all(kStart + 2s), 10U) << "closed and open again: a new one";
  sweep_.remove(ids(10));
  sweep_.add(ids(10), kStart + 3s);
  EXPECT_EQ(poll_all(kStart + 4s), 0U) << "but not when it is listed still";
  EXPECT_EQ(poll_all(kStart + 5min), 60U);
  EXPECT_EQ(sweep_.active(), 60U);
  sweep_.remove(ids(10));
  EXPECT_EQ(poll_all(kStart + 20min), 50U) << "between two cycles";
}

TEST_F(SweepTest, CoverageIsTheShareThatWasPolledWithinAnInterval) {
  EXPECT_EQ(sweep_.coverage(kStart), 1);
  sweep_.add(ids(200), kStart);
  EXPECT_EQ(sweep_.coverage(kStart), 0);
  sweep_.on_done(sweep_.next(kStart), true, kStart);
  EXPECT_EQ(sweep_.coverage(kStart), 0.5);
  const auto batch = sweep_.next(kStart + 1s);
  sweep_.on_done(batch, true, kStart + 1s);
  EXPECT_EQ(sweep_.coverage(kStart + 1s), 1);
  EXPECT_EQ(poll_all(kStart + 5min), 200U);
  EXPECT_EQ(sweep_.coverage(kStart + 5min), 1) << "polled twice counts once";
  sweep_.remove(ids(100));
  EXPECT_EQ(sweep_.polled(kStart + 5min), 100U);
  EXPECT_EQ(sweep_.coverage(kStart + 19min), 1);
  EXPECT_EQ(sweep_.coverage(kStart + 21min), 0);
}

// 1,000,000 markets at 20 requests a second: 500 s a sweep; at 5 a second, 2,000 s.
TEST_F(SweepTest, AMillionMarketsBeyondTheBudgetShowAsCoverageAndStayInOrder) {
  sweep_.add(ids(1'000'000), kStart);
  EXPECT_LT(sweep_.bytes(), 16'000'000U);
  std::map<Sweep::Id, Sweep::Clock::time_point> watched;
  Sweep::Clock::duration longest{};
  auto now = kStart;
  for (int second = 0; second < 7'200; ++second, now += 1s) {
    for (int i = 0; i < 5; ++i) {
      const auto batch = sweep_.next(now);
      for (const auto id : batch.ids) {
        if (id % 100'003 != 0) continue;
        const auto before = watched.find(id);
        if (before != watched.end()) longest = std::max(longest, now - before->second);
        watched[id] = now;
      }
      if (!batch.empty()) sweep_.on_done(batch, true, now);
    }
  }
  EXPECT_EQ(watched.size(), 10U);
  EXPECT_LE(longest, 2'010s) << "each comes back after one sweep of all";
  EXPECT_NEAR(sweep_.coverage(now), 0.45, 0.02) << "900 of 2,000 s";
}

}  // namespace
}  // namespace kd
