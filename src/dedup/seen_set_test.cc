#include "dedup/seen_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace kd {
namespace {

using Answer = SeenSet::Answer;

Identity id(std::uint64_t n) { return {n * 0x9e3779b97f4a7c15, n * 0xd1b54a32d192ed03}; }

constexpr SeenSet::Options kSmall{.window_us = 100, .max_bytes = 1 << 20, .bucket_us = 10};

TEST(SeenSetTest, KnowsARowItHasSeen) {
  SeenSet seen(kSmall);
  seen.reset(SeenSet::kNothingStored);
  EXPECT_EQ(seen.insert(id(1), 50, 0), Answer::kNew);
  EXPECT_EQ(seen.insert(id(1), 50, 0), Answer::kSeen);
  EXPECT_EQ(seen.insert(id(2), 50, 0), Answer::kNew);
}

TEST(SeenSetTest, AsksProductionForWhatLiesAtOrBelowItsHorizon) {
  SeenSet seen(kSmall);
  seen.reset(100);
  EXPECT_EQ(seen.insert(id(1), 100, 0), Answer::kUnknown);
  EXPECT_EQ(seen.insert(id(2), 101, 0), Answer::kNew);
  EXPECT_EQ(seen.insert(id(1), 100, 0), Answer::kSeen);
}

TEST(SeenSetTest, KnowsNothingUntilItWasTold) {
  SeenSet seen(kSmall);
  EXPECT_EQ(seen.insert(id(1), 1'000'000, 0), Answer::kUnknown);
}

TEST(SeenSetTest, RowsAreProvisionalUntilTheirRoundIsCommitted) {
  SeenSet seen(kSmall);
  seen.reset(SeenSet::kNothingStored);
  seen.insert(id(1), 50, 0);
  EXPECT_TRUE(seen.provisional());
  seen.confirm();
  EXPECT_FALSE(seen.provisional());
  seen.insert(id(2), 60, 0);
  seen.reset(50);  // the round failed
  EXPECT_EQ(seen.insert(id(2), 60, 0), Answer::kNew);
}

TEST(SeenSetTest, ForgettingMovesTheHorizonUp) {
  SeenSet seen(kSmall);
  seen.reset(SeenSet::kNothingStored);
  seen.insert(id(1), 55, 0);
  seen.insert(id(2), 75, 90);
  seen.expire(150);
  EXPECT_EQ(seen.horizon_us(), 59);  // the bucket [50, 60) is gone
  EXPECT_EQ(seen.insert(id(1), 55, 150), Answer::kUnknown);
  EXPECT_EQ(seen.insert(id(2), 75, 150), Answer::kSeen);
}

TEST(SeenSetTest, AStampFromTheFutureDoesNotMakeItForgetThePresent) {
  SeenSet seen(kSmall);
  seen.reset(SeenSet::kNothingStored);
  seen.insert(id(1), 55, 0);
  seen.insert(id(2), 1'000'000, 0);
  seen.expire(50);
  EXPECT_EQ(seen.insert(id(1), 55, 50), Answer::kSeen);
}

TEST(SeenSetTest, StaysWithinItsBytes) {
  SeenSet seen({.window_us = 1'000'000'000, .max_bytes = 64 << 10, .bucket_us = 10});
  seen.reset(SeenSet::kNothingStored);
  for (std::int64_t i = 0; i < 100'000; ++i) {
    seen.insert(id(static_cast<std::uint64_t>(i)), i, 0);
    ASSERT_LE(seen.bytes(), 64U << 10);
  }
  EXPECT_GT(seen.horizon_us(), 0);
  EXPECT_GT(seen.size(), 100U);
}

// Whatever is inserted and forgotten: kNew is never said of a row that was inserted before.
TEST(SeenSetTest, NeverCallsAStoredRowNew) {
  std::mt19937_64 random(11);
  for (int run = 0; run < 50; ++run) {
    SeenSet seen({.window_us = 50, .max_bytes = 32 << 10, .bucket_us = 7});
    seen.reset(20);
    std::set<std::pair<std::int64_t, std::uint64_t>> stored;
    for (std::int64_t now = 0; now < 3000; ++now) {
      const auto stamp =
          std::max<std::int64_t>(0, now + static_cast<std::int64_t>(random() % 60) - 40);
      const auto key = static_cast<std::uint64_t>(stamp) * 8 + random() % 8;
      const bool before = stamp <= 20 || !stored.emplace(stamp, key).second;
      const auto answer = seen.insert(id(key), stamp, now);
      if (before) {
        ASSERT_NE(answer, Answer::kNew) << run << " " << now;
      }
      if (random() % 10 == 0) seen.expire(now);
    }
  }
}

}  // namespace
}  // namespace kd
