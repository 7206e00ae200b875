#include "tape/segment_name.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

const Micros kStart = micros_from_us(1'786'408'242'999'999);

TEST(SegmentNameTest, SaysGathererStartAndNumber) {
  const auto name = SegmentName::of("gatherer-1", kStart, 12);
  EXPECT_EQ(name.file_name(), "gatherer-1-20260811T003042Z-000012.kdtape");
  EXPECT_EQ(SegmentName::parse(name.file_name()), name);
}

TEST(SegmentNameTest, KeepsWhatIsNoFileNameOutOfIt) {
  const auto name = SegmentName::of("../zone a/g\n1", kStart, 1);
  EXPECT_EQ(name.gatherer_id, ".._zone_a_g_1");
  EXPECT_EQ(SegmentName::parse(name.file_name()), name);
}

TEST(SegmentNameTest, SortsByTimeThenNumber) {
  const auto first = SegmentName::of("g", kStart, 999'999);
  const auto second = SegmentName::of("g", kStart + std::chrono::seconds(1), 1);
  const auto third = SegmentName::of("g", kStart + std::chrono::seconds(1), 2);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_LT(first.file_name(), second.file_name());
  EXPECT_LT(second.file_name(), third.file_name());
}

TEST(SegmentNameTest, IsNoOtherFile) {
  for (const auto* other :
       {"", ".kdtape", "g.kdtape", "g-000001.kdtape", "-20260811T003042Z-000001.kdtape",
        "g-20260811T003042Z-1.kdtape", "g-20260811T003042Z-00000x.kdtape",
        "g-20261311T003042Z-000001.kdtape", "g-20260811T243042Z-000001.kdtape",
        "g-20260811T003042-000001.kdtape", "g-20260811T003042Z-000001.kdtape.tmp"}) {
    EXPECT_FALSE(SegmentName::parse(other)) << other;
  }
}

}  // namespace
}  // namespace kd
