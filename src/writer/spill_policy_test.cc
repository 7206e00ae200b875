#include "writer/spill_policy.h"

#include <gtest/gtest.h>

#include <vector>

#include "writer/spill_space.h"

namespace kd {
namespace {

using namespace std::chrono_literals;

std::vector<SpillCandidate> two(std::int64_t trades, std::int64_t deltas,
                                std::chrono::milliseconds age) {
  return {{.table = Table::kTrades, .waiting_bytes = trades, .oldest = age, .spill_after = 2s},
          {.table = Table::kOrderbookDeltas,
           .waiting_bytes = deltas,
           .oldest = age,
           .spill_after = 2s}};
}

TEST(SpillPolicyTest, AboveHalfOfTheMemoryTheLargestGoesFirst) {
  EXPECT_EQ(next_to_spill(two(10, 20, 0ms), 51, 100), Table::kOrderbookDeltas);
  EXPECT_EQ(next_to_spill(two(30, 20, 0ms), 51, 100), Table::kTrades);
  EXPECT_EQ(next_to_spill(two(30, 20, 0ms), 50, 100), std::nullopt);
}

TEST(SpillPolicyTest, WhatTheWritersHoldCannotGo) {
  EXPECT_EQ(next_to_spill(two(0, 0, 0ms), 90, 100), std::nullopt);
}

TEST(SpillPolicyTest, NothingWaitsLongerThanItsTime) {
  EXPECT_EQ(next_to_spill(two(1, 0, 2s), 1, 100), Table::kTrades);
  EXPECT_EQ(next_to_spill(two(1, 0, 1999ms), 1, 100), std::nullopt);
}

TEST(SpillSpaceTest, KeepsAnEighthForTheEvidence) {
  SpillSpace space({.max_bytes = 800, .high_watermark_percent = 85});
  space.add(650);
  EXPECT_EQ(space.may_take(Table::kTrades, 50), SpillSpace::Verdict::kYes);
  EXPECT_EQ(space.may_take(Table::kTrades, 51), SpillSpace::Verdict::kBoundReached);
  EXPECT_EQ(space.may_take(Table::kLedger, 150), SpillSpace::Verdict::kYes);
  EXPECT_EQ(space.may_take(Table::kLedger, 151), SpillSpace::Verdict::kBoundReached);
  space.release(650);
  EXPECT_EQ(space.may_take(Table::kTrades, 700), SpillSpace::Verdict::kYes);
}

TEST(SpillSpaceTest, ADiskAboveItsWatermarkTakesEvidenceOnly) {
  SpillSpace space({.max_bytes = 800, .high_watermark_percent = 85});
  space.set_disk_used(85);
  EXPECT_EQ(space.may_take(Table::kTickers, 1), SpillSpace::Verdict::kDiskFull);
  EXPECT_EQ(space.may_take(Table::kQuarantine, 1), SpillSpace::Verdict::kYes);
  space.set_disk_used(84.9);
  EXPECT_EQ(space.may_take(Table::kTickers, 1), SpillSpace::Verdict::kYes);
}

}  // namespace
}  // namespace kd
