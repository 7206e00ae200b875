#include "api/token_bucket.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucketTest, LetsABurstPassAndThenKeepsTheRate) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 200, .capacity = 600}, start);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(bucket.take(10, start), 0ms) << i;
  EXPECT_EQ(bucket.take(10, start), 50ms);
  EXPECT_EQ(bucket.take(10, start), 100ms);
  EXPECT_EQ(bucket.take(10, start + 150ms), 0ms);
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsCapacity) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 200, .capacity = 600}, start);
  EXPECT_EQ(bucket.available(start + 1h), 600);
  bucket.configure({.refill_per_second = 20, .capacity = 60}, start);
  EXPECT_EQ(bucket.available(start), 60);
}

}  // namespace
}  // namespace kd
