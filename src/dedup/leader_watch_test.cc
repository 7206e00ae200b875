#include "dedup/leader_watch.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

class LeaderWatchTest : public testing::Test {
 protected:
  bool look(std::chrono::seconds at, std::int64_t bytes, bool waits = true, std::int64_t pid = 7) {
    return watch_.stands_still(
        LeaderWatch::Sample{.pid = pid, .waits_for_client = waits, .copied_bytes = bytes},
        LeaderWatch::Clock::time_point(at));
  }
  LeaderWatch watch_{5s};
};

TEST_F(LeaderWatchTest, EndsASessionThatGetsNoByteForItsPatience) {
  EXPECT_FALSE(look(0s, 10));
  EXPECT_FALSE(look(4s, 10));
  EXPECT_TRUE(look(5s, 10));
}

TEST_F(LeaderWatchTest, EveryByteCountsAsLife) {
  EXPECT_FALSE(look(0s, 10));
  EXPECT_FALSE(look(4s, 11));
  EXPECT_FALSE(look(8s, 11));
  EXPECT_TRUE(look(9s, 11));
}

TEST_F(LeaderWatchTest, AServerThatWorksIsNotTheClientsFault) {
  EXPECT_FALSE(look(0s, 10));
  EXPECT_FALSE(look(6s, 10, false));
  EXPECT_FALSE(look(7s, 10));
  EXPECT_FALSE(look(11s, 10));
}

TEST_F(LeaderWatchTest, AnotherSessionBeginsAnew) {
  EXPECT_FALSE(look(0s, 10));
  EXPECT_FALSE(watch_.stands_still(std::nullopt, LeaderWatch::Clock::time_point(3s)));
  EXPECT_FALSE(look(4s, 10));
  EXPECT_FALSE(look(8s, 10, true, 8));
  EXPECT_FALSE(look(12s, 10, true, 8));
  EXPECT_TRUE(look(13s, 10, true, 8));
}

}  // namespace
}  // namespace kd
