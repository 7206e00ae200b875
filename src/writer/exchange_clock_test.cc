#include "writer/exchange_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(ExchangeClockTest, KeepsTheNewest) {
  ExchangeClock clock;
  clock.note(5);
  clock.note(3);
  clock.note(0);
  EXPECT_EQ(clock.newest_us(), 5);
}

TEST(ExchangeClockTest, WakesWhoWaitsForTheFirst) {
  ExchangeClock clock;
  const std::jthread waiter([&](const std::stop_token& stop) {
    EXPECT_TRUE(clock.await(std::chrono::steady_clock::now() + 1h, stop));
  });
  clock.note(5);
}

TEST(ExchangeClockTest, WaitsNoLongerThanToldTo) {
  ExchangeClock clock;
  EXPECT_FALSE(clock.await(std::chrono::steady_clock::now(), {}));
}

}  // namespace
}  // namespace kd
