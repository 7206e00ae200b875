#include "dedup/sync_mode.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(SyncModeTest, FollowsTheLag) {
  const SyncModeLimits limits;
  EXPECT_EQ(sync_mode(9.9, false, limits), SyncMode::kRealtime);
  EXPECT_EQ(sync_mode(10, false, limits), SyncMode::kCatchUp);
  EXPECT_EQ(sync_mode(3600, false, limits), SyncMode::kCatchUp);
  EXPECT_EQ(sync_mode(3601, false, limits), SyncMode::kBackfill);
  EXPECT_EQ(sync_mode(0, true, limits), SyncMode::kBackfill);
}

TEST(SyncModeTest, PagesAreLargerBeyondRealtimeAndBoundedInBytes) {
  const SyncModeLimits limits;
  EXPECT_EQ(page_rows(SyncMode::kRealtime, 1'000, 200, limits), 1'000);
  EXPECT_EQ(page_rows(SyncMode::kCatchUp, 1'000, 200, limits), 10'000);
  EXPECT_EQ(page_rows(SyncMode::kCatchUp, 1'000'000, 200, limits), (16 << 20) / 200);
  EXPECT_EQ(page_rows(SyncMode::kBackfill, 1'000'000, 200, limits), (4 << 20) / 200);
  EXPECT_EQ(page_rows(SyncMode::kBackfill, 50, 1, limits), 500);
  EXPECT_EQ(page_rows(SyncMode::kRealtime, 1'000, 10 << 20, limits), 100);
}

}  // namespace
}  // namespace kd
