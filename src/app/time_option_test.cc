#include "app/time_option.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

const Micros kNow = micros_from_ms(1'795'341'600'123);  // 2026-11-22T10:00:00.123Z

std::string read(std::string_view text) {
  const auto at = parse_time(text, kNow);
  return at ? format_time(*at) : "error: " + at.error().what;
}

TEST(TimeOptionTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(read("2026-11-22T10:00:00Z"), "2026-11-22T10:00:00Z");
  EXPECT_EQ(read("2026-11-22T10:00:00.5Z"), "2026-11-22T10:00:00.500Z");
  EXPECT_EQ(read("2026-11-22T10:00:00.000001+00:00"), "2026-11-22T10:00:00.000001Z");
  EXPECT_EQ(read("2026-11-22"), "2026-11-22T00:00:00Z");
  EXPECT_EQ(read("now"), "2026-11-22T10:00:00.123Z");
  EXPECT_EQ(read("-1h"), "2026-11-22T09:00:00.123Z");
  EXPECT_EQ(read("-1h30m"), "2026-11-22T08:30:00.123Z");
  EXPECT_EQ(read("+90s"), "2026-11-22T10:01:30.123Z");
  EXPECT_EQ(read("-2d"), "2026-11-20T10:00:00.123Z");
  EXPECT_EQ(read("1795341600000"), "2026-11-22T10:00:00Z");
}

TEST(TimeOptionTest, RefusesEverythingElseAndSaysWhatIsAllowed) {
  for (const auto* text : {"", "yesterday", "-", "-1", "-h", "-1w", "1h", "2026-11-22 10:00",
                           "17638", "-1h-2h", "2026-02-30", "-99999999999999999999h"}) {
    EXPECT_TRUE(read(text).starts_with("error: ")) << text;
  }
  EXPECT_NE(read("1h").find("-15m"), std::string::npos);
}

TEST(TimeOptionTest, WritesLengthsForPeople) {
  EXPECT_EQ(format_length(850ms), "850ms");
  EXPECT_EQ(format_length(12'440ms), "12.4s");
  EXPECT_EQ(format_length(185s), "3m05s");
  EXPECT_EQ(format_length(130min), "2h10m");
  EXPECT_EQ(format_length(76h), "3d04h");
}

}  // namespace
}  // namespace kd
