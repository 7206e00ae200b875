#include "dedup/frozen_lines.h"

#include <gmock/gmock.h>

#include <random>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'790'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000;

class FrozenLinesTest : public testing::Test {
 protected:
  // Seconds after kNow.
  void change(std::size_t gatherer, std::int64_t at, std::string_view ticker = "KXA",
              std::int64_t stream = 0) {
    lines_.on_change({.gatherer = gatherer,
                      .stream_id = stream == 0 ? stream_of(gatherer) : stream,
                      .stamp_us = kNow + at * kSecond,
                      .ticker = ticker});
  }
  void proof(std::size_t gatherer, std::int64_t until) {
    lines_.on_proof(gatherer, stream_of(gatherer), kNow + until * kSecond);
  }
  void ledger(std::size_t gatherer, std::string_view event, std::int64_t to,
              std::vector<std::string_view> tickers = {}) {
    lines_.on_ledger(gatherer, {.stream_id = stream_of(gatherer),
                                .channel = "orderbook_delta",
                                .event = event,
                                .from_us = std::nullopt,
                                .to_us = kNow + to * kSecond,
                                .tickers = std::move(tickers)});
  }
  static std::int64_t stream_of(std::size_t gatherer) {
    return 100 + static_cast<std::int64_t>(gatherer);
  }
  // Both lines have the market, then only gatherer 1 brings it: a change every second in (0,
  // until].
  void silence(std::int64_t until) {
    change(0, 0);
    for (std::int64_t at = 0; at <= until; ++at) change(1, at);
  }

  FrozenLines lines_{3, {}};
};

TEST_F(FrozenLinesTest, FindsALineThatIsProvenBeyondWhatItDidNotBring) {
  silence(40);
  EXPECT_THAT(lines_.take(), IsEmpty()) << "it may merely lag";
  proof(0, 41);
  change(1, 41);
  EXPECT_THAT(lines_.take(),
              ElementsAre(FrozenLines::Finding{0, "KXA", kNow, kNow + 31 * kSecond}));
}

TEST_F(FrozenLinesTest, WhatIsNotProvenTenSecondsBeyondIsNotFound) {
  silence(40);
  proof(0, 40);
  change(1, 41);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, ThreeChangesOverThirtySecondsAreTheLeast) {
  change(0, 0);
  change(1, 1);
  change(1, 40);
  proof(0, 100);
  change(1, 40);  // of the same millisecond
  EXPECT_THAT(lines_.take(), IsEmpty());
  change(1, 41);
  EXPECT_EQ(lines_.take().size(), 1U);
  change(0, 50, "KXB");
  for (const auto at : {51, 52, 53, 54, 79}) change(1, at, "KXB");
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, ALineThatCatchesUpIsNotFrozen) {
  silence(3600);
  for (std::int64_t at = 1; at <= 3600; ++at) {
    change(0, at);
    proof(0, at);
    change(1, 3600 + at);
    change(2, 3600 + at);
  }
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, ALineThatWasAwayAnHourAndRestartedIsNotFrozen) {
  silence(3600);
  change(1, 3601);
  lines_.on_proof(0, 999, kNow + 3700 * kSecond);  // its streams are new ones
  change(0, 3650, "KXB", 999);
  change(1, 3651);
  change(1, 3700);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, AMarketThatTheLineLeftIsNotFrozen) {
  change(0, 0);
  ledger(0, "leave", 1, {"KXA"});
  change(0, 1);  // was on its way when the market left
  proof(0, 500);
  for (std::int64_t at = 2; at < 400; ++at) change(1, at);
  EXPECT_THAT(lines_.take(), IsEmpty());
  ledger(0, "join", 400, {"KXA"});
  change(0, 401);
  for (std::int64_t at = 402; at < 440; ++at) change(1, at);
  EXPECT_EQ(lines_.take().size(), 1U);
}

TEST_F(FrozenLinesTest, ALeaveIsKnownThoughTheChangesBeforeItComeLater) {
  ledger(0, "leave", 1, {"KXA"});
  silence(100);
  proof(0, 500);
  change(1, 101);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, AMarketOnAnotherStreamIsWatchedThere) {
  change(0, 0);
  change(0, 1, "KXA", 555);
  ledger(0, "leave", 2, {"KXA"});  // the stream before
  lines_.on_proof(0, 555, kNow + 100 * kSecond);
  for (std::int64_t at = 2; at < 60; ++at) change(1, at);
  EXPECT_EQ(lines_.take().size(), 1U);
}

TEST_F(FrozenLinesTest, WhatTheLineReportsAsLostIsNotSilence) {
  silence(40);
  proof(0, 100);
  ledger(0, "gap", 41);
  change(1, 41);
  EXPECT_THAT(lines_.take(), IsEmpty());
  for (std::int64_t at = 42; at < 80; ++at) change(1, at);
  EXPECT_EQ(lines_.take().size(), 1U) << "silent after the gap as well";
}

TEST_F(FrozenLinesTest, GapsOfSingleMarketsAndDropsCountToo) {
  silence(29);
  ledger(0, "gap", 30, {"KXA"});
  proof(0, 100);
  change(1, 31);
  change(1, 32);
  change(1, 59);
  EXPECT_THAT(lines_.take(), IsEmpty());
  ledger(0, "drop", 200);
  for (std::int64_t at = 60; at < 180; ++at) change(1, at);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, AClosedStreamIsAbsentNotSilent) {
  silence(40);
  proof(0, 100);
  ledger(0, "close", 30);
  change(1, 41);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, RepeatsAtMostOncePerMinuteAndSaysWhereItWentOn) {
  change(0, 0);
  proof(0, 1000);
  for (std::int64_t at = 0; at <= 200; ++at) change(1, at);
  const auto found = lines_.take();
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].to_us, kNow + 31 * kSecond);
  EXPECT_EQ(found[1].from_us, found[0].to_us);
  EXPECT_GE(found[1].to_us - found[0].to_us, 60 * kSecond);
}

TEST_F(FrozenLinesTest, AMarketTheLineNeverHadIsNotMissed) {
  proof(0, 1000);
  change(0, 0, "KXB");
  for (std::int64_t at = 0; at <= 200; ++at) change(1, at);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST_F(FrozenLinesTest, AfterAnErrorNothingIsRemembered) {
  silence(40);
  lines_.reset();
  proof(0, 100);
  change(1, 41);
  EXPECT_THAT(lines_.take(), IsEmpty());
}

TEST(FrozenLinesMemoryTest, StaysWithinItsBoundAndForgetsTheQuiet) {
  FrozenLines lines(3, {.max_bytes = 4 << 20});
  const auto change = [&](std::int64_t at, std::size_t market) {
    const auto ticker = "KX-" + std::to_string(market);
    lines.on_change({.gatherer = 0, .stream_id = 1, .stamp_us = at, .ticker = ticker});
  };
  for (std::size_t i = 0; i < 200'000; ++i) change(kNow, i);
  EXPECT_LE(lines.bytes(), 4UL << 20);
  const auto first = lines.markets();
  EXPECT_GT(first, 10'000U);
  change(kNow + 7200 * kSecond, 500'000);
  change(kNow + 7200 * kSecond, 500'001);
  EXPECT_LT(lines.markets(), 10U);
}

// Lines that each bring every change, in any interleaving, at any speed and with restarts of the
// watching process, are never called frozen.
TEST(FrozenLinesPropertyTest, CompleteLinesAreNeverFrozen) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    FrozenLines lines(3, {});
    std::array<std::int64_t, 3> at{};
    const auto slow = random() % 3;
    for (int step = 0; step < 4'000; ++step) {
      const auto g = random() % 3;
      if (g == slow && random() % 20 != 0) continue;
      for (auto burst = random() % 30; burst > 0; --burst) {
        const auto stamp = kNow + at[g] * kSecond;
        const std::string ticker = "KX-" + std::to_string(at[g] * 7919 % 5);
        lines.on_change({g, static_cast<std::int64_t>(10 + g), stamp, ticker});
        ++at[g];
      }
      if (random() % 4 == 0) {
        lines.on_proof(g, static_cast<std::int64_t>(10 + g), kNow + (at[g] - 1) * kSecond);
      }
      if (random() % 500 == 0) lines.reset();
    }
    ASSERT_THAT(lines.take(), IsEmpty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kd
