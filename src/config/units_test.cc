#include "config/units.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(UnitsTest, ReadsDurationsWithTheirUnit) {
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("7d"), 168h);
}

TEST(UnitsTest, RefusesWhatHasNoUnitOrNoNumber) {
  for (const auto text : {"", "5", "s", "-5s", "1.5s", "5 s", "5sec", "99999999999999999d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const auto text : {"", "5", "5MB", "5 MiB", "-1B", "9999999999TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(UnitsTest, WritesTheLargestExactUnit) {
  EXPECT_EQ(format_duration(0ms), "0ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(300s), "5m");
  EXPECT_EQ(format_size(256LL << 20), "256MiB");
  EXPECT_EQ(format_size(1000), "1000B");
}

}  // namespace
}  // namespace kd
