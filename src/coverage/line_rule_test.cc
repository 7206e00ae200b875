#include "coverage/line_rule.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

// One stream, 7, of gatherer "g1", proven until 100, and one market with a base at 10.
class LineRuleTest : public testing::Test {
 protected:
  LineRuleTest() {
    row("open", {}, {});
    evidence.prove("g1", 7, 100);
    base(10);
  }

  void row(const char* event, std::optional<std::int64_t> from, std::optional<std::int64_t> to,
           const char* reason = "") {
    EvidenceRow out{.gatherer = "g1",
                    .stream_id = 7,
                    .connection = 12,
                    .channel = "orderbook_delta",
                    .event = event,
                    .at = 5,
                    .from = from,
                    .to = to,
                    .reason = reason,
                    .tickers = {}};
    evidence.apply(out);
  }
  void named(const char* event, std::int64_t from, std::optional<std::int64_t> to) {
    const EvidenceRow out{.gatherer = "g1",
                          .stream_id = 7,
                          .connection = 12,
                          .channel = "orderbook_delta",
                          .event = event,
                          .at = 5,
                          .from = from,
                          .to = to,
                          .reason = {},
                          .tickers = {"A"}};
    market.losses.push_back({.gatherer = 0, .stream = 0, .loss = *loss_of(out)});
  }
  void base(std::int64_t at) { market.bases.push_back({0, at}); }
  Span span(std::size_t base = 0) const { return span_of(evidence, market, market.bases[base]); }

  EvidenceSet evidence;
  MarketEvidence market;
};

TEST_F(LineRuleTest, ReachesFromBehindTheBaseToTheLastWatermark) {
  EXPECT_EQ(span().covered, (Interval{10, 100}));
  EXPECT_EQ(span().cause, Cause::kUnproven);
  evidence.prove("g1", 7, 90);
  EXPECT_EQ(span().covered.to, 100) << "an older proof";
  EXPECT_EQ(span().connection, 12);
}

TEST_F(LineRuleTest, WithoutAWatermarkNothingIsProven) {
  const auto other = evidence.stream(evidence.gatherer("g1"), 8);
  EXPECT_TRUE(span_of(evidence, market, {other, 10}).covered.empty());
}

TEST_F(LineRuleTest, ACloseEndsItAndSaysWhy) {
  row("close", 60, {}, "ping timeout");
  EXPECT_EQ(span().covered.to, 60);
  EXPECT_EQ(span().cause, Cause::kClose);
  EXPECT_EQ(span().reason, "ping timeout");
  row("close", 200, {}, "again");
  EXPECT_EQ(span().covered.to, 60) << "the earlier one counts";
}

TEST_F(LineRuleTest, ACloseIsNoProof) {
  row("close", 300, {}, "ping timeout");
  EXPECT_EQ(span().covered.to, 100);
  EXPECT_EQ(span().cause, Cause::kClose);
}

TEST_F(LineRuleTest, AGapEndsTheBasesBeforeItAndInIt) {
  row("gap", 30, 40, "seq");
  base(40);
  base(41);
  EXPECT_EQ(span(0).covered.to, 30);
  EXPECT_EQ(span(0).cause, Cause::kGap);
  EXPECT_TRUE(span(1).covered.empty());
  EXPECT_EQ(span(2).covered, (Interval{41, 100}));
}

TEST_F(LineRuleTest, AGapOfOneMarketAndOneWithoutAnEnd) {
  named("gap", 30, 40);
  EXPECT_EQ(span().covered.to, 30);
  named("gap", 20, {});
  EXPECT_EQ(span().covered.to, 20);
}

TEST_F(LineRuleTest, ALeaveHoldsUntilItIsAcknowledged) {
  named("leave", 50, {});
  base(70);
  EXPECT_EQ(span(0).covered.to, 50);
  EXPECT_EQ(span(0).cause, Cause::kLeave);
  EXPECT_TRUE(span(1).covered.empty()) << "frames may end at any time";
  named("leave", 50, 60);
  EXPECT_EQ(span(1).covered, (Interval{70, 100})) << "joined again";
  EXPECT_EQ(span(0).covered.to, 50);
}

TEST_F(LineRuleTest, AFrozenLineOfAnyStreamProvesNothingBehindItsLastChange) {
  market.losses.push_back({.gatherer = 0,
                           .stream = MarketEvidence::kAllStreams,
                           .loss = {.from = 25, .to = 45, .cause = Cause::kFrozen, .reason = {}}});
  base(46);
  EXPECT_EQ(span(0).covered.to, 25);
  EXPECT_EQ(span(0).cause, Cause::kFrozen);
  EXPECT_EQ(span(1).covered.to, 100);
}

TEST_F(LineRuleTest, AnotherGatherersLossIsNotItsOwn) {
  evidence.gatherer("g2");
  market.losses.push_back({.gatherer = 1,
                           .stream = MarketEvidence::kAllStreams,
                           .loss = {.from = 25, .to = 45, .cause = Cause::kFrozen, .reason = {}}});
  EXPECT_EQ(span().covered.to, 100);
}

TEST_F(LineRuleTest, AnEndWithoutAWordBeforeAnotherStartIsAKill) {
  evidence.apply({.gatherer = "g1",
                  .stream_id = 0,
                  .connection = -1,
                  .channel = "other",
                  .event = "start",
                  .at = 4,
                  .from = {},
                  .to = {},
                  .reason = {},
                  .tickers = {}});
  EXPECT_EQ(span().cause, Cause::kUnproven) << "its own start";
  evidence.apply({.gatherer = "g1",
                  .stream_id = 0,
                  .connection = -1,
                  .channel = "other",
                  .event = "start",
                  .at = 500,
                  .from = {},
                  .to = {},
                  .reason = {},
                  .tickers = {}});
  EXPECT_EQ(span().cause, Cause::kKilled);
}

TEST_F(LineRuleTest, RowsThatComeTwiceCountOnce) {
  row("gap", 30, 40, "seq");
  row("gap", 30, 40, "seq");
  EXPECT_EQ(evidence.streams()[0].losses.size(), 1U);
}

TEST_F(LineRuleTest, AChannelWithoutBooksIsCompleteAgainBehindAGap) {
  EvidenceSet set;
  const auto tell = [&](const char* event, std::optional<std::int64_t> from,
                        std::optional<std::int64_t> to) {
    set.apply({.gatherer = "g1",
               .stream_id = 7,
               .connection = 3,
               .channel = "trade",
               .event = event,
               .at = 10 * kSecond,
               .from = from,
               .to = to,
               .reason = "seq",
               .tickers = {}});
  };
  tell("open", {}, {});
  tell("gap", 20 * kSecond, 21 * kSecond);
  set.prove("g1", 7, 60 * kSecond);
  const auto spans = channel_spans(set, set.streams()[0]);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].covered, (Interval{11 * kSecond, 20 * kSecond}));
  EXPECT_EQ(spans[0].cause, Cause::kGap);
  EXPECT_EQ(spans[1].covered, (Interval{21 * kSecond, 60 * kSecond}));
}

}  // namespace
}  // namespace kd
