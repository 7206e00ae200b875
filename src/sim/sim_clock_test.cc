#include "sim/sim_clock.h"

#include <gmock/gmock.h>

namespace kd::sim {
namespace {

TEST(SimClockTest, StandsUntilItRunsAndThenGoesAtItsSpeed) {
  SimClock clock;
  clock.hold(1000);
  EXPECT_EQ(clock.now(5), 1000);
  EXPECT_EQ(clock.now(500), 1000);
  clock.run(2000, 500, 10);
  EXPECT_EQ(clock.now(500), 2000);
  EXPECT_EQ(clock.now(600), 3000);
}

TEST(SimClockTest, AdvancesToWhatWasPlayedAndNeverBack) {
  SimClock clock;
  clock.run(1000, 0, 0);
  clock.advance_to(5000, 10);
  clock.advance_to(4000, 20);
  EXPECT_EQ(clock.now(1000), 5000);
}

}  // namespace
}  // namespace kd::sim
