#include "app/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace kd {
namespace {

TEST(ProcessUsageTest, ReadsTimesBehindANameWithBlanksAndParentheses) {
  const auto times = parse_stat(
      "12 (a) b (c) S 7 12 12 0 -1 4194304 100 200 0 0 150 50 30 20 20 0 1 0 99 0 0", 100);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->parent, 7);
  EXPECT_DOUBLE_EQ(times->own_seconds, 2.0);
  EXPECT_DOUBLE_EQ(times->ended_children_seconds, 0.5);
  EXPECT_FALSE(parse_stat("", 100));
  EXPECT_FALSE(parse_stat("12 (a) S 7 12", 100));
}

TEST(ProcessUsageTest, ReadsThePeakOfTheMemory) {
  EXPECT_EQ(parse_peak_rss("VmPeak:\t 99 kB\nVmHWM:\t  1024 kB\nVmRSS:\t 5 kB\n"), 1 << 20);
  EXPECT_EQ(parse_peak_rss("Name:\tx\n"), 0);
}

TEST(ProcessUsageTest, KnowsThisProcessAndNoneThatIsNot) {
  const auto self = usage_of(::getpid());
  ASSERT_TRUE(self);
  EXPECT_GT(self->peak_rss_bytes, 1 << 20);
  EXPECT_FALSE(usage_of(-1));
  EXPECT_TRUE(usage_with_children(::getpid()));
}

}  // namespace
}  // namespace kd
