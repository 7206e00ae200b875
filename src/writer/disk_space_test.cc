#include "writer/disk_space.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(DiskSpaceTest, CountsWhatIsReservedForOthersAsGone) {
  const DiskSpace disk{.size = 1'000, .used = 300, .available = 100};
  EXPECT_DOUBLE_EQ(disk.used_percent(), 75);
  EXPECT_DOUBLE_EQ(disk.free_ratio(), 0.25);
}

TEST(DiskSpaceTest, KnowsTheDiskOfAPath) {
  const auto disk = probe_disk("/");
  ASSERT_TRUE(disk);
  EXPECT_GT(disk->size, 0);
  EXPECT_FALSE(probe_disk("/no such place"));
}

}  // namespace
}  // namespace kd
