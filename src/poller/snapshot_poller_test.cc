#include "poller/snapshot_poller.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kd {
namespace {

TEST(SnapshotPollerTest, EachGathererHasAPhaseOfItsOwn) {
  const double a = SnapshotPoller::phase_of("gatherer-1");
  const double b = SnapshotPoller::phase_of("gatherer-2");
  const double c = SnapshotPoller::phase_of("gatherer-3");
  EXPECT_EQ(a, SnapshotPoller::phase_of("gatherer-1"));
  for (const double phase : {a, b, c, SnapshotPoller::phase_of("")}) {
    EXPECT_GE(phase, 0);
    EXPECT_LT(phase, 1);
  }
  for (const double gap : {a - b, b - c, a - c}) EXPECT_GT(std::abs(gap), 0.05) << a << b << c;
}

}  // namespace
}  // namespace kd
