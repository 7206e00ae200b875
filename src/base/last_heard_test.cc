#include "base/last_heard.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

Micros second(std::int64_t value) { return micros_from_ms(1'000 * value); }

TEST(LastHeardTest, KnowsTheLastSecondOfEachNumber) {
  LastHeard heard;
  EXPECT_FALSE(heard.since(7, second(1)));
  heard.note(7, second(100));
  heard.note(1'000'000, second(200));
  EXPECT_TRUE(heard.since(7, second(100)));
  EXPECT_FALSE(heard.since(7, second(101)));
  EXPECT_TRUE(heard.since(1'000'000, second(150)));
  EXPECT_FALSE(heard.since(8, second(1)));
}

}  // namespace
}  // namespace kd
