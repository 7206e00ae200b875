#include "dedup/merge_progress.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

constexpr std::size_t kDeltas = 1;
constexpr std::size_t kWatermarks = kTableCount - 1;

class MergeProgressTest : public testing::Test {
 protected:
  MergeProgressTest() {
    std::vector<std::int64_t> positions(2 * kTableCount, 10);
    progress_.reset(positions);
  }

  static Page page(std::size_t table, std::int64_t after, std::int64_t end) {
    Page out;
    out.table = table;
    out.after = after;
    out.end.position = end;
    return out;
  }
  static Page proof(std::int64_t deltas_needed, std::uint32_t incarnation = 0) {
    auto out = page(kWatermarks, 10, 11);
    out.needs[kDeltas] = {.incarnation = incarnation, .position = deltas_needed};
    return out;
  }

  MergeProgress progress_{2};
};

TEST_F(MergeProgressTest, AProofWaitsForWhatWasCommittedBeforeIt) {
  progress_.hold(proof(30));
  EXPECT_TRUE(progress_.holds(0));
  EXPECT_FALSE(progress_.release(0));
  progress_.advance(page(kDeltas, 10, 29));
  EXPECT_FALSE(progress_.release(0));
  progress_.advance(page(kDeltas, 29, 31));
  EXPECT_EQ(progress_.release(0)->end.position, 11);
  EXPECT_FALSE(progress_.holds(0));
}

TEST_F(MergeProgressTest, WhatIsMergedAlreadyIsNotWaitedFor) {
  progress_.hold(proof(10));
  EXPECT_TRUE(progress_.release(0));
}

TEST_F(MergeProgressTest, AProofThatWaitsForAReplacedTableIsForgotten) {
  progress_.hold(proof(30));
  auto restart = page(kDeltas, 0, 4);
  restart.rewinds = true;
  restart.incarnation = 1;
  progress_.advance(restart);
  EXPECT_FALSE(progress_.release(0));
  EXPECT_FALSE(progress_.holds(0)) << "it would keep all later ones out";
  auto anew = page(kWatermarks, 0, 7);
  anew.rewinds = true;
  anew.incarnation = 1;
  anew.needs[kDeltas] = {.incarnation = 1, .position = 4};
  progress_.hold(anew);
  EXPECT_EQ(progress_.release(0)->end.position, 7);
}

TEST_F(MergeProgressTest, PositionsOfAReplacedTableCountForNothing) {
  progress_.hold(proof(5, 1));
  EXPECT_FALSE(progress_.release(0)) << "10 was reached in the table before";
  auto restart = page(kDeltas, 0, 4);
  restart.rewinds = true;
  restart.incarnation = 1;
  progress_.advance(restart);
  EXPECT_FALSE(progress_.release(0));
  auto more = page(kDeltas, 4, 5);
  more.incarnation = 1;
  progress_.advance(more);
  EXPECT_TRUE(progress_.release(0));
}

TEST_F(MergeProgressTest, AReplacedTableWithoutRowsHoldsNothingBack) {
  progress_.hold(proof(0, 1));
  EXPECT_TRUE(progress_.release(0));
}

TEST_F(MergeProgressTest, AfterAnErrorNothingIsHeld) {
  progress_.hold(proof(30));
  progress_.advance(page(kDeltas, 10, 20));
  progress_.reset(std::vector<std::int64_t>(2 * kTableCount, 7));
  EXPECT_FALSE(progress_.holds(0));
  EXPECT_EQ(progress_.position(0, kDeltas), 7);
}

}  // namespace
}  // namespace kd
