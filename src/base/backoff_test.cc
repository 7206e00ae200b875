#include "base/backoff.h"

#include <gtest/gtest.h>

#include <random>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, DoublesItsCeilingUpToTheLimitAndNeverOverflows) {
  Backoff backoff({.initial = 1s, .max = 5min});
  auto ceiling = 1'000ms;
  for (int i = 0; i < 10'000; ++i) {
    // A random number of -1 modulo (ceiling + 1) is not the ceiling itself, ceiling is.
    EXPECT_EQ(backoff.next(static_cast<std::uint64_t>(ceiling.count())), ceiling);
    ceiling = std::min<std::chrono::milliseconds>(ceiling * 2, 5min);
  }
}

TEST(BackoffTest, JitterStaysWithinTheCeiling) {
  std::mt19937_64 random(7);
  Backoff backoff({.initial = 1s, .max = 8s});
  for (int i = 0; i < 10'000; ++i) {
    const auto wait = backoff.next(random());
    EXPECT_GE(wait, 0ms);
    EXPECT_LE(wait, 8s);
  }
}

TEST(BackoffTest, StartsOverAfterASuccess) {
  Backoff backoff({.initial = 1s, .max = 8s});
  backoff.next(0);
  backoff.next(0);
  backoff.reset();
  EXPECT_EQ(backoff.next(1'000), 1s);
}

}  // namespace
}  // namespace kd
