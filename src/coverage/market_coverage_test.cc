#include "coverage/market_coverage.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

// Three gatherers with one stream each, proven until 1000; a market with bases at 100.
class MarketCoverageTest : public testing::Test {
 protected:
  MarketCoverageTest() {
    for (int g = 1; g <= 3; ++g) {
      tell(g, "open", {}, {});
      evidence.prove("g" + std::to_string(g), g, 1000);
      base(g, 100);
    }
  }
  void tell(int g, const char* event, std::optional<std::int64_t> from,
            std::optional<std::int64_t> to, const char* reason = "") {
    evidence.apply({.gatherer = "g" + std::to_string(g),
                    .stream_id = event == std::string("drop") ? 0 : g,
                    .connection = 10 + g,
                    .channel = "orderbook_delta",
                    .event = event,
                    .at = 50,
                    .from = from,
                    .to = to,
                    .reason = reason,
                    .tickers = {}});
  }
  void base(int g, std::int64_t at) {
    market.bases.push_back({static_cast<std::uint32_t>(g - 1), at});
  }
  void leave(int g, std::int64_t at) {
    const auto index = static_cast<std::uint32_t>(g - 1);
    market.losses.push_back(
        {.gatherer = index,
         .stream = index,
         .loss = {.from = at, .to = at + 5, .cause = Cause::kLeave, .reason = {}}});
  }
  Interval window(std::optional<std::int64_t> known_since = {}) const {
    return window_of(evidence, market, times, {.asked = asked, .recording_start = 50}, known_since);
  }
  MarketCoverage coverage() const { return market_coverage(evidence, market, window()); }

  EvidenceSet evidence;
  MarketEvidence market;
  MarketTimes times;
  Interval asked{0, 900};
};

TEST_F(MarketCoverageTest, AHoleIsTheIntersectionOfAllOutages) {
  tell(1, "gap", 200, 400, "seq");
  base(1, 450);
  tell(2, "gap", 300, 550, "seq");
  base(2, 600);
  tell(3, "close", 350, {}, "ping timeout");
  const auto out = coverage();
  ASSERT_EQ(out.holes.size(), 1U);
  const auto& hole = out.holes[0];
  EXPECT_EQ(hole.when, (Interval{350, 450}));
  ASSERT_EQ(hole.lines.size(), 3U);
  EXPECT_EQ(hole.lines[0].gatherer, 2U) << "the line that was lost last";
  EXPECT_EQ(hole.lines[0].cause, Cause::kClose);
  EXPECT_EQ(hole.lines[0].connection, 13);
  EXPECT_EQ(hole.lines[0].reason, "ping timeout");
  EXPECT_EQ(hole.lines[1].since, 300);
  const std::vector<Segment> expected{{{100, 200}, 0b111}, {{200, 300}, 0b110},
                                      {{300, 350}, 0b100}, {{350, 450}, 0},
                                      {{450, 600}, 0b001}, {{600, 900}, 0b011}};
  EXPECT_EQ(out.timeline, expected);
}

TEST_F(MarketCoverageTest, SeveralStreamsOfAGathererAreOneLine) {
  tell(1, "gap", 200, {}, "seq");
  const auto second = evidence.stream(0, 77);
  evidence.prove("g1", 77, 1000);
  market.bases.push_back({second, 150});
  EXPECT_EQ(coverage().timeline, (std::vector<Segment>{{{100, 900}, 0b111}}));
}

TEST_F(MarketCoverageTest, DroppedRowsAreNamed) {
  for (int g = 1; g <= 3; ++g) tell(g, "drop", 301, 400, "spill.max_bytes");
  const auto out = coverage();
  ASSERT_EQ(out.holes.size(), 1U);
  EXPECT_EQ(out.holes[0].when, (Interval{300, 400}));
  EXPECT_EQ(out.holes[0].lines[0].cause, Cause::kDrop);
  EXPECT_EQ(out.holes[0].lines[0].reason, "spill.max_bytes");
}

TEST_F(MarketCoverageTest, CountsFromItsOpeningOrElseFromItsFirstBase) {
  EXPECT_EQ(window().from, 100);
  times.opened = 70;
  EXPECT_EQ(window().from, 70);
  EXPECT_EQ(coverage().holes.at(0).when, (Interval{70, 100}));
  EXPECT_EQ(coverage().holes.at(0).lines.at(0).cause, Cause::kNotSubscribed);
  times.opened = 120;
  EXPECT_EQ(window().from, 120);
  times.opened = 40;
  EXPECT_EQ(window().from, 100) << "before the recording began";
  EXPECT_EQ(window(60).from, 60) << "seen by lines that are long gone";
}

TEST_F(MarketCoverageTest, EndsWhenItSettled) {
  times.settled = 700;
  EXPECT_EQ(window().to, 700);
}

TEST_F(MarketCoverageTest, EndsWhenAllLinesLetItGo) {
  leave(1, 500);
  EXPECT_EQ(window().to, 900) << "two lines go on";
  leave(2, 520);
  leave(3, 530);
  EXPECT_EQ(window().to, 530);
  EXPECT_TRUE(coverage().holes.empty());
  base(1, 600);
  EXPECT_EQ(window().to, 900) << "it came back";
  EXPECT_EQ(coverage().holes.at(0).when, (Interval{530, 600}));
}

TEST_F(MarketCoverageTest, ALineThatDiedBeforeDoesNotKeepItAlive) {
  tell(3, "close", 400, {}, "ping timeout");
  leave(1, 500);
  leave(2, 520);
  EXPECT_EQ(window().to, 520);
  market.unanswered.push_back(600);
  EXPECT_EQ(window().to, 900) << "it was asked for again";
}

TEST_F(MarketCoverageTest, BehindItsCloseTheFirstLeaveEndsIt) {
  leave(1, 500);
  times.closed = 480;
  EXPECT_EQ(window().to, 500);
  times.closed = 510;
  EXPECT_EQ(window().to, 900);
}

TEST_F(MarketCoverageTest, ABackgroundOfNothingIsAHoleOnlyWhereSomethingWasToBeWatched) {
  market = {};
  EXPECT_TRUE(window().empty());
  EXPECT_TRUE(coverage().holes.empty());
  asked = {950, 990};
  base(1, 100);
  EXPECT_EQ(coverage().timeline, (std::vector<Segment>{{{950, 990}, 0b001}}));
}

TEST_F(MarketCoverageTest, AChannelIsWatchedByStreamsWithoutBases) {
  EvidenceSet set;
  for (int g = 1; g <= 2; ++g) {
    set.apply({.gatherer = "g" + std::to_string(g),
               .stream_id = g,
               .connection = g,
               .channel = "trade",
               .event = "open",
               .at = g * 1'000'000,
               .from = {},
               .to = {},
               .reason = {},
               .tickers = {}});
    set.prove("g" + std::to_string(g), g, 10'000'000 * g);
  }
  const auto out = channel_coverage(set, "trade", {0, 30'000'000});
  EXPECT_EQ(out.window, (Interval{2'000'000, 30'000'000}));
  ASSERT_EQ(out.holes.size(), 1U);
  EXPECT_EQ(out.holes[0].when, (Interval{20'000'000, 30'000'000}));
  EXPECT_TRUE(channel_coverage(set, "other", {0, 30'000'000}).window.empty());
}

}  // namespace
}  // namespace kd
