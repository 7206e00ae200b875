#include "api/token_bucket.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucketTest, LetsABurstPassAndThenKeepsTheRate) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 200, .capacity = 600}, start);
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(bucket.take(10, start)) << i;
  EXPECT_FALSE(bucket.take(10, start));
  EXPECT_EQ(bucket.wait_for(10, start), 50ms);
  EXPECT_TRUE(bucket.take(10, start + 50ms));
  EXPECT_FALSE(bucket.take(10, start + 99ms));
  EXPECT_TRUE(bucket.take(10, start + 100ms));
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsCapacity) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 200, .capacity = 600}, start);
  EXPECT_EQ(bucket.available(start + 1h), 600);
  bucket.configure({.refill_per_second = 20, .capacity = 60}, start);
  EXPECT_EQ(bucket.available(start), 60);
}

TEST(TokenBucketTest, IsEmptyWhenTheExchangeSaysSo) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 200, .capacity = 600}, start);
  bucket.drain(start);
  EXPECT_EQ(bucket.available(start), 0);
  EXPECT_EQ(bucket.wait_for(10, start), 50ms);
}

TEST(TokenBucketTest, ABucketSmallerThanOneRequestStillLetsItPass) {
  const TokenBucket::Clock::time_point start{};
  TokenBucket bucket({.refill_per_second = 1, .capacity = 3}, start);
  EXPECT_TRUE(bucket.take(10, start));
  EXPECT_EQ(bucket.wait_for(10, start), 10s) << "a debt is paid back first";
}

}  // namespace
}  // namespace kd
