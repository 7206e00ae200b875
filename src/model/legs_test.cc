#include "model/legs.h"

#include <gtest/gtest.h>

#include <vector>

namespace kd {
namespace {

Level level(int raw) { return {*Price::from_raw(raw), Size(100)}; }

const std::vector<Level> kYes{level(40'000), level(41'000)};
const std::vector<Level> kNo{level(1'000), level(55'000), level(57'000)};
const std::vector<Level> kNoInYesLeg{level(43'000), level(45'000), level(99'000)};

TEST(LegsTest, ACrossedBookIsAFlippedOne) {
  EXPECT_EQ(legs_of({.ticker = "", .yes = kYes, .no = kNoInYesLeg}), LegVerdict::kFlipped);
  EXPECT_EQ(legs_of({.ticker = "", .yes = kYes, .no = kNo}), LegVerdict::kUndecided);
  EXPECT_EQ(legs_of({.ticker = "", .yes = {}, .no = kNoInYesLeg}), LegVerdict::kUndecided);
}

TEST(LegsTest, TheRestBookTellsWhichLegWasSent) {
  EXPECT_EQ(compare_legs(kNo, kNo), LegVerdict::kOwnLeg);
  EXPECT_EQ(compare_legs(kNoInYesLeg, kNo), LegVerdict::kFlipped);
  EXPECT_EQ(compare_legs({}, kNo), LegVerdict::kUndecided);
  const std::vector<Level> moved{level(1'000), level(54'000), level(57'000)};
  EXPECT_EQ(compare_legs(moved, kNo), LegVerdict::kOwnLeg) << "one level has changed";
  const std::vector<Level> middle{level(50'000)};
  EXPECT_EQ(compare_legs(middle, middle), LegVerdict::kUndecided)
      << "half a dollar is its own twin";
}

}  // namespace
}  // namespace kd
