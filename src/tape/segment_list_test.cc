#include "tape/segment_list.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using std::chrono::hours;

const Micros kNow = micros_from_us(1'786'408'242'000'000);

std::vector<SegmentEntry> begun_hours_ago(std::initializer_list<int> ages) {
  std::vector<SegmentEntry> segments;
  for (const int age : ages) {
    segments.push_back(
        {.path = {}, .name = SegmentName::of("g", kNow - hours(age), 1), .bytes = 1});
  }
  return segments;
}

TEST(SegmentListTest, ASegmentExpiresWhenItsEndIsOldEnough) {
  const auto segments = begun_hours_ago({50, 30, 20, 1});
  EXPECT_EQ(expired_segments(segments, kNow, hours(24)), 1U);  // the second holds 30 to 20 h ago
  EXPECT_EQ(expired_segments(segments, kNow, hours(19)), 2U);
  EXPECT_EQ(expired_segments(segments, kNow, hours(100)), 0U);
}

TEST(SegmentListTest, TheNewestIsKeptHoweverOld) {
  EXPECT_EQ(expired_segments(begun_hours_ago({500, 400}), kNow, hours(1)), 1U);
  EXPECT_EQ(expired_segments(begun_hours_ago({500}), kNow, hours(1)), 0U);
  EXPECT_EQ(expired_segments({}, kNow, hours(1)), 0U);
}

TEST(SegmentListTest, ADirectoryThatIsNotThereIsNamed) {
  const auto listed = list_segments("/nowhere/tape");
  ASSERT_FALSE(listed);
  EXPECT_NE(listed.error().what.find("/nowhere/tape"), std::string::npos);
}

}  // namespace
}  // namespace kd
