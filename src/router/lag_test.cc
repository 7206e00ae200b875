#include "router/lag.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

Micros ms(std::int64_t value) { return micros_from_ms(value); }

TEST(LagTest, IsTheLargestOfTheLastSeconds) {
  Lag lag;
  EXPECT_EQ(lag.largest(), Lag::kAssumed);
  lag.note(ms(100'000), ms(99'993));
  EXPECT_EQ(lag.largest(), Lag::kLeast);
  lag.note(ms(101'000), ms(99'000));
  lag.note(ms(102'000), ms(101'995));
  EXPECT_EQ(lag.largest(), 2s);
  lag.note(ms(111'000), ms(110'980));
  EXPECT_EQ(lag.largest(), 2s) << "the window before still counts";
  lag.note(ms(121'500), ms(121'490));
  EXPECT_EQ(lag.largest(), 20ms);
}

TEST(LagTest, AStampAheadOfItsSendingIsNoNegativeLag) {
  Lag lag;
  lag.note(ms(100'000), ms(100'500));
  EXPECT_EQ(lag.largest(), Lag::kAssumed);
}

}  // namespace
}  // namespace kd
