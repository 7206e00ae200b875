#include "coverage/watch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "coverage/line_rule.h"

namespace kd {
namespace {

EvidenceRow row(const std::string& gatherer, std::int64_t stream, const char* event,
                std::optional<std::int64_t> from = {}, std::optional<std::int64_t> to = {},
                std::vector<std::string> tickers = {}, const char* channel = "orderbook_delta") {
  return {.gatherer = gatherer,
          .stream_id = stream,
          .connection = 1,
          .channel = channel,
          .event = event,
          .at = 1,
          .from = from,
          .to = to,
          .reason = {},
          .tickers = std::move(tickers)};
}

// Two lines with a stream each; markets A and B with bases at 100 on both; looked at up to 1000.
class CoverageWatchTest : public testing::Test {
 protected:
  CoverageWatchTest() {
    for (const auto* gatherer : {"g1", "g2"}) {
      watch.on_ledger(row(gatherer, 1, "open"));
      for (const auto* ticker : {"A", "B"}) watch.on_base(gatherer, 1, ticker, 100);
    }
    prove(1500);
    watch.begin(1000);
  }
  void prove(std::int64_t until) {
    for (const auto* gatherer : {"g1", "g2"}) watch.on_proof(gatherer, 1, until);
  }
  std::vector<std::pair<std::string, std::int64_t>> suspects(std::int64_t horizon) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (auto& s : watch.advance(horizon).suspects) out.emplace_back(s.ticker, s.from);
    std::ranges::sort(out);
    return out;
  }
  using All = std::vector<std::pair<std::string, std::int64_t>>;
  CoverageWatch watch;
};

TEST_F(CoverageWatchTest, SuspectsNobodyWhileNothingHappens) {
  EXPECT_EQ(watch.markets(), 2U);
  EXPECT_EQ(suspects(1200), All{});
  prove(3000);
  EXPECT_EQ(suspects(2900), All{});
}

TEST_F(CoverageWatchTest, ALineLostAloneIsNoSuspicion) {
  watch.on_ledger(row("g1", 1, "gap", 1100, 1150));
  EXPECT_EQ(suspects(1200), All{});
  watch.on_ledger(row("g2", 1, "gap", 1210, 1220));
  EXPECT_EQ(suspects(1300), (All{{"A", 1210}, {"B", 1210}}));
}

TEST_F(CoverageWatchTest, ANewBaseInTimeKeepsTheMarketCovered) {
  watch.on_ledger(row("g1", 1, "gap", 1100, 1150));
  watch.on_base("g1", 1, "A", 1180);
  EXPECT_EQ(suspects(1200), All{});
  watch.on_ledger(row("g2", 1, "close", 1210));
  EXPECT_EQ(suspects(1300), (All{{"B", 1210}}));
}

TEST_F(CoverageWatchTest, WhatLiesBehindTheHorizonWaits) {
  watch.on_ledger(row("g1", 1, "gap", 1100, 1150));
  watch.on_ledger(row("g2", 1, "gap", 1100, 1150));
  EXPECT_EQ(suspects(1050), All{});
  EXPECT_EQ(suspects(1120), (All{{"A", 1100}, {"B", 1100}}));
  EXPECT_EQ(suspects(1130), All{}) << "named once";
}

TEST_F(CoverageWatchTest, AProofThatStaysBehindIsNoProof) {
  EXPECT_EQ(suspects(1600), (All{{"A", 1500}, {"B", 1500}}));
  EXPECT_EQ(suspects(1700), All{}) << "nothing changed";
  watch.on_proof("g1", 1, 1550);
  EXPECT_EQ(suspects(1700), All{}) << "on its way";
  EXPECT_EQ(suspects(1700), (All{{"A", 1500}, {"B", 1500}})) << "stopped";
  watch.on_holes("A", 1500, kNever);
  watch.on_holes("B", 1500, kNever);
  watch.on_proof("g1", 1, 1800);
  EXPECT_EQ(suspects(1750), (All{{"A", 1550}, {"B", 1550}})) << "it may heal";
}

TEST_F(CoverageWatchTest, AMarketNobodyWatchedIsLookedAtAsAWhole) {
  watch.on_base("g1", 1, "C", 1100);
  EXPECT_EQ(suspects(1050), All{});
  EXPECT_EQ(suspects(1200), (All{{"C", kEver}}));
  EXPECT_EQ(watch.markets(), 3U);
}

TEST_F(CoverageWatchTest, LossesThatNameAMarketTouchNoOther) {
  watch.on_ledger(row("g1", 1, "gap", 1100, 1150, {"A"}));
  watch.on_ledger(row("g2", 1, "leave", 1120, {}, {"A"}));
  EXPECT_EQ(suspects(1200), (All{{"A", 1100}}));
}

TEST_F(CoverageWatchTest, ABaseBetweenLeaveAndItsAcknowledgementIsNone) {
  watch.on_ledger(row("g1", 1, "leave", 1010, {}, {"A"}));
  watch.on_ledger(row("g1", 1, "leave", 1010, 1040, {"A"}));
  watch.on_base("g1", 1, "A", 1030);
  suspects(1100);
  watch.on_ledger(row("g2", 1, "close", 1150));
  EXPECT_EQ(suspects(1200), (All{{"A", 1150}})) << "B has its other line";
}

TEST_F(CoverageWatchTest, AFrozenLineCoversNothing) {
  watch.on_ledger(row("g2", 1, "gap", 1050, 1060, {"A"}));
  EXPECT_EQ(suspects(1100), All{});
  watch.on_frozen("g1", "A", 1080, 1190);
  EXPECT_EQ(suspects(1200), (All{{"A", 1080}}));
}

TEST_F(CoverageWatchTest, DroppedRowsOfAllLinesAreSuspicious) {
  watch.on_ledger(row("g1", 0, "drop", 1101, 1150));
  EXPECT_EQ(suspects(1200), All{});
  watch.on_ledger(row("g2", 0, "drop", 1141, 1250));
  EXPECT_EQ(suspects(1300), (All{{"A", 1140}, {"B", 1140}}));
}

TEST_F(CoverageWatchTest, ADropThatEndsIsLookedAtAgain) {
  watch.on_ledger(row("g1", 0, "drop", 1101, 1250));
  watch.on_ledger(row("g2", 1, "close", 1050));
  EXPECT_EQ(suspects(1080), All{});
  EXPECT_EQ(suspects(1200), (All{{"A", 1100}, {"B", 1100}}));
  watch.on_holes("A", 1100, kNever);
  watch.on_holes("B", 1100, kNever);
  EXPECT_EQ(suspects(1230), All{});
  EXPECT_EQ(suspects(1300), (All{{"A", 1250}, {"B", 1250}}));
  EXPECT_EQ(suspects(1400), All{});
}

TEST_F(CoverageWatchTest, AMarketThatAllLeftIsLookedAtAsAWholeWhenItComesBack) {
  watch.on_base("g3", 9, "A", 100);
  watch.on_proof("g3", 9, 200);
  for (const auto* gatherer : {"g1", "g2"}) {
    watch.on_ledger(row(gatherer, 1, "leave", 1010, {}, {"A"}));
    watch.on_ledger(row(gatherer, 1, "leave", 1010, 1040, {"A"}));
  }
  EXPECT_EQ(suspects(1100), (All{{"A", kEver}})) << "the base of g3 is new";
  watch.on_base("g1", 1, "A", 1150);
  EXPECT_EQ(suspects(1120), All{});
  EXPECT_EQ(suspects(1200), (All{{"A", kEver}})) << "that of g3 is remembered, but proves nothing";
  watch.on_base("g2", 1, "A", 1250);
  EXPECT_EQ(suspects(1300), All{}) << "g1 had it";
}

TEST_F(CoverageWatchTest, ABaseBehindTheHorizonIsNotForgottenForAnEarlierLoss) {
  for (const auto* gatherer : {"g1", "g2"}) {
    watch.on_ledger(row(gatherer, 1, "leave", 1010, 1040, {"A"}));
  }
  watch.on_base("g1", 1, "A", 1150);
  EXPECT_EQ(suspects(1100), (All{{"A", 1010}}));
  EXPECT_EQ(suspects(1200), (All{{"A", kEver}})) << "its hole began before 1100";
}

TEST_F(CoverageWatchTest, LateEvidenceOfAHoledMarketIsLookedAt) {
  watch.on_holes("A", 100, 900);
  watch.on_holes("A", 950, kEver);
  watch.on_base("g3", 9, "A", 800);
  watch.on_proof("g3", 9, 1100);
  EXPECT_EQ(suspects(1100), (All{{"A", 800}}));
}

TEST_F(CoverageWatchTest, TellsOfChannelsWithoutBooks) {
  EXPECT_FALSE(watch.advance(1100).channels);
  auto open = row("g1", 5, "open", {}, {}, {}, "trade");
  open.at = 1105 - kClockTolerance_us;
  watch.on_ledger(open);
  EXPECT_TRUE(watch.advance(1110).channels);
  watch.on_proof("g1", 5, 1300);
  EXPECT_TRUE(watch.advance(1200).channels) << "it goes on";
  EXPECT_FALSE(watch.advance(1250).channels);
  EXPECT_TRUE(watch.advance(1310).channels) << "it stopped";
}

TEST_F(CoverageWatchTest, TellsOfChannelsUntilTheHorizonIsBehindWhatChanged) {
  watch.on_ledger(row("g1", 5, "gap", 1200, 1250, {}, "trade"));
  EXPECT_TRUE(watch.advance(1100).channels);
  EXPECT_TRUE(watch.advance(1220).channels) << "it has begun";
  EXPECT_TRUE(watch.advance(1250).channels) << "it still reaches the horizon";
  EXPECT_TRUE(watch.advance(1251).channels) << "it has ended";
  EXPECT_FALSE(watch.advance(1300).channels);
  watch.on_ledger(row("g1", 0, "drop", 1400, 1450, {}, "trade"));
  watch.begin(1350);
  EXPECT_TRUE(watch.advance(1500).channels) << "it lay behind the horizon of the beginning";
  watch.on_ledger(row("g1", 5, "gap", 1510, 1520, {}, "trade"));
  watch.begin(1600);
  EXPECT_FALSE(watch.advance(1700).channels) << "known when it began";
}

TEST_F(CoverageWatchTest, RowsThatComeAgainChangeNothing) {
  for (int again = 0; again < 2; ++again) {
    for (const auto* gatherer : {"g1", "g2"}) watch.on_base(gatherer, 1, "A", 100);
  }
  EXPECT_EQ(suspects(1100), All{});
  EXPECT_EQ(watch.markets(), 2U);
}

}  // namespace
}  // namespace kd
