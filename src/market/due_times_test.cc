#include "market/due_times.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(DueTimesTest, GivesEachAtItsTimeAndNotBefore) {
  DueTimes times;
  times.add(1'000, 1);
  times.add(1'010, 2);
  times.add(5'000, 3);
  times.add(1'000, 4);
  EXPECT_EQ(times.next_s(), 1'000U);
  EXPECT_THAT(times.take(999), IsEmpty());
  EXPECT_THAT(times.take(1'000), UnorderedElementsAre(1, 4));
  EXPECT_THAT(times.take(1'000), IsEmpty());
  EXPECT_EQ(times.next_s(), 1'010U);
  EXPECT_THAT(times.take(9'000), ElementsAre(2, 3));
  EXPECT_EQ(times.size(), 0U);
}

TEST(DueTimesTest, WhatIsAddedForThePastIsDueAtOnce) {
  DueTimes times;
  times.add(9'000, 1);
  times.take(8'990);
  times.add(10, 2);
  EXPECT_THAT(times.take(8'991), ElementsAre(2));
}

}  // namespace
}  // namespace kd
