#include "app/sim_status.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

TEST(SimStatusTest, ReadsWhatTheSimulatorSays) {
  const auto status = parse_sim_status(
      R"({"state":"playing","buffered_bytes":17,"clients":[{"id":"a","ready":true},)"
      R"({"id":"b","ready":false}],"emitted":{"deltas":3,"trades":2},"clock_ms":5})");
  ASSERT_TRUE(status) << status.error().what;
  EXPECT_EQ(status->state, "playing");
  EXPECT_EQ(status->ready_clients, 1);
  EXPECT_EQ(status->buffered_bytes, 17);
  EXPECT_EQ(status->emitted_of("deltas"), 3);
  EXPECT_EQ(status->emitted_of("tickers"), 0);
  EXPECT_EQ(status->emitted_total(), 5);
}

TEST(SimStatusTest, RefusesAStatusWithoutState) { EXPECT_FALSE(parse_sim_status("{}")); }

}  // namespace
}  // namespace kd
