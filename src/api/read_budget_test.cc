#include "api/read_budget.h"

#include <gtest/gtest.h>

#include <map>

namespace kd {
namespace {

using namespace std::chrono_literals;

constexpr ReadBudget::Clock::time_point kStart{1h};
constexpr TokenBucket::Options kBasic{.refill_per_second = 200, .capacity = 600};
constexpr TokenBucket::Options kNarrow{.refill_per_second = 10, .capacity = 10};

TEST(ReadBudgetTest, WhatMattersMoreGoesFirst) {
  ReadBudget budget(kBasic, kStart);
  budget.wait(0, RestPriority::kBackfill);
  budget.wait(1, RestPriority::kLaterWalk);
  budget.wait(2, RestPriority::kSweep);
  budget.wait(3, RestPriority::kStatus);
  budget.wait(4, RestPriority::kSweep);
  EXPECT_EQ(budget.next(kStart), 3U);
  EXPECT_EQ(budget.next(kStart), 2U);
  EXPECT_EQ(budget.next(kStart), 4U);
  EXPECT_EQ(budget.next(kStart), 1U);
  EXPECT_EQ(budget.next(kStart), 0U);
  EXPECT_EQ(budget.next(kStart), std::nullopt);
  EXPECT_EQ(budget.next_at(kStart), std::nullopt);
}

TEST(ReadBudgetTest, KeepsTheRateAndSaysWhenTheNextMayGo) {
  ReadBudget budget(kNarrow, kStart);
  for (ReadBudget::Ticket i = 1; i <= 3; ++i) budget.wait(i, RestPriority::kSweep);
  EXPECT_EQ(budget.next(kStart), 1U);
  EXPECT_EQ(budget.next(kStart), std::nullopt);
  EXPECT_EQ(budget.next_at(kStart), kStart + 1s);
  EXPECT_EQ(budget.next(kStart + 1s), 2U);
}

TEST(ReadBudgetTest, ASweepWithoutEndLeavesAnEighthToAWalk) {
  ReadBudget budget(kNarrow, kStart);
  std::map<RestPriority, int> sent;
  std::map<ReadBudget::Ticket, RestPriority> priority;
  ReadBudget::Ticket ticket = 0;
  const auto wait = [&](RestPriority p) {
    priority[++ticket] = p;
    budget.wait(ticket, p);
  };
  wait(RestPriority::kLaterWalk);
  for (int i = 0; i < 10; ++i) wait(RestPriority::kSweep);
  for (int second = 0; second < 800; ++second) {
    const auto granted = budget.next(kStart + second * 1s);
    ASSERT_TRUE(granted);
    ++sent[priority[*granted]];
    wait(priority[*granted]);
  }
  EXPECT_GE(sent[RestPriority::kLaterWalk], 40);
  EXPECT_GE(sent[RestPriority::kSweep], 690);
}

TEST(ReadBudgetTest, A429StopsEverythingForASecond) {
  ReadBudget budget(kBasic, kStart);
  budget.wait(1, RestPriority::kStatus);
  budget.answered(429, kStart);
  EXPECT_EQ(budget.next(kStart + 999ms), std::nullopt);
  EXPECT_EQ(budget.next_at(kStart), kStart + 1s);
  EXPECT_EQ(budget.next(kStart + 1s), 1U);
}

TEST(ReadBudgetTest, RefusedCredentialsAreTriedOneRequestAtATime) {
  ReadBudget budget(kBasic, kStart);
  for (ReadBudget::Ticket i = 1; i <= 9; ++i) budget.wait(i, RestPriority::kSweep);
  budget.answered(401, kStart);
  budget.answered(401, kStart + 1s);
  EXPECT_TRUE(budget.refused());
  EXPECT_EQ(budget.next(kStart + 29s), std::nullopt);
  EXPECT_EQ(budget.next(kStart + 30s), 1U);
  EXPECT_EQ(budget.next(kStart + 31s), std::nullopt) << "only one";
  EXPECT_EQ(budget.next_at(kStart + 31s), std::nullopt);
  budget.answered(403, kStart + 32s);
  EXPECT_EQ(budget.next_at(kStart + 33s), kStart + 92s) << "the pause doubles";
  EXPECT_EQ(budget.next(kStart + 92s), 2U);
  budget.answered(0, kStart + 93s);
  EXPECT_EQ(budget.next(kStart + 94s), 3U) << "no answer proves nothing";
  budget.answered(200, kStart + 95s);
  EXPECT_FALSE(budget.refused());
  EXPECT_EQ(budget.next(kStart + 95s), 4U);
  EXPECT_EQ(budget.next(kStart + 95s), 5U);
}

TEST(ReadBudgetTest, ADayOfRefusalsCostsAFewHundredRequests) {
  ReadBudget budget(kBasic, kStart);
  for (ReadBudget::Ticket i = 1; i <= 10'000; ++i) budget.wait(i, RestPriority::kSweep);
  budget.answered(401, kStart);
  int sent = 0;
  for (auto now = kStart; now < kStart + 24h; now += 1s) {
    if (!budget.next(now)) continue;
    ++sent;
    budget.answered(401, now);
  }
  EXPECT_LE(sent, 300);
}

}  // namespace
}  // namespace kd
