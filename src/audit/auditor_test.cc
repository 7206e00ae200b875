#include "audit/auditor.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSince = 1'000'000;

class AuditorTest : public testing::Test {
 protected:
  AuditorTest() {
    learn("C\t0\tg-1");
    learn("C\t1\tg-2");
    learn("C\t2\tstranger");
  }

  void learn(std::string_view line) {
    const auto record = parse_truth_line(line);
    ASSERT_TRUE(record) << record.error().what;
    lines_.emplace_back(line);
    auditor_.learn(*record);
  }

  void see(std::string_view table, std::vector<std::string_view> fields) {
    const auto seen = auditor_.see(table, fields);
    ASSERT_TRUE(seen) << seen.error().what;
  }

  TableAudit table(const std::string& name) { return auditor_.report().tables[name]; }

  std::vector<std::string> lines_;
  Auditor auditor_{{"g-1", "g-2"}, kSince};
};

TEST_F(AuditorTest, CountsEqualDeltasByMultiplicity) {
  for (int i = 0; i < 3; ++i) learn("D\t5\tKX\tyes\t100\t30\t0\t3\t6\t-");
  auditor_.begin_gatherer("g-1");
  for (int i = 0; i < 2; ++i) see("orderbook_deltas", {"2000000", "5", "KX", "t", "100", "30"});
  auditor_.begin_gatherer("g-2");
  for (int i = 0; i < 4; ++i) see("orderbook_deltas", {"2000000", "5", "KX", "t", "100", "30"});
  auditor_.begin_production();
  for (int i = 0; i < 2; ++i) see("orderbook_deltas", {"2000000", "5", "KX", "t", "100", "30"});
  const auto audit = table("orderbook_deltas");
  EXPECT_EQ(audit.emitted, 3);
  EXPECT_EQ(audit.merged, 2);
  EXPECT_EQ(audit.missing, 1);
  EXPECT_EQ(audit.doubled, 0);
  EXPECT_EQ(audit.captured.at("g-1"), 2);
  EXPECT_EQ(audit.captured.at("g-2"), 3);
}

TEST_F(AuditorTest, TooManyAndNeverEmittedRowsAreDoubled) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t3\t6\t-");
  auditor_.begin_production();
  for (int i = 0; i < 2; ++i) see("orderbook_deltas", {"2000000", "5", "KX", "t", "100", "30"});
  see("orderbook_deltas", {"2000000", "5", "KX", "f", "100", "30"});
  const auto report = auditor_.report();
  EXPECT_EQ(report.tables.at("orderbook_deltas").doubled, 2);
  EXPECT_FALSE(report.clean());
  EXPECT_THAT(report.examples,
              ElementsAre(HasSubstr("never emitted: orderbook_deltas 2000000 5 KX f")));
}

TEST_F(AuditorTest, WhatNoGathererWasSentIsUnwatchedNotMissing) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t0\t6\t-");
  learn("D\t5\tKX\tyes\t200\t30\t0\t4\t6\t-");  // to the stranger only
  auditor_.begin_production();
  const auto audit = table("orderbook_deltas");
  EXPECT_EQ(audit.unwatched, 2);
  EXPECT_EQ(audit.missing, 0);
}

TEST_F(AuditorTest, AChangeThatAGathererLacksMustNotLieWhereItsEvidenceClaimsAll) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t2\t6\t-");
  learn("D\t9\tKX\tyes\t100\t30\t0\t3\t10\t-");
  auditor_.begin_gatherer("g-1");
  see("orderbook_deltas", {"2000000", "9", "KX", "t", "100", "30"});
  const auto prove = [&](std::int64_t proven_ms) {
    EvidenceCoverage evidence;
    evidence.snapshot(7, "KX", 1'000);
    evidence.watermark(7, proven_ms * 1'000);
    for (const auto& line : lines_) auditor_.prove(*parse_truth_line(line), evidence);
    return auditor_.report();
  };
  EXPECT_EQ(prove(4).evidence.at("g-1").absent, 1);
  EXPECT_EQ(prove(4).evidence.at("g-1").falsely_covered, 0);
  const auto false_claim = prove(5);
  EXPECT_EQ(false_claim.evidence.at("g-1").falsely_covered, 1);
  EXPECT_FALSE(false_claim.clean());
  EXPECT_THAT(false_claim.examples, ElementsAre("falsely covered by g-1: 5 KX"));
}

TEST_F(AuditorTest, WhatFaultsKeptFromEveryGathererIsWithheldNotMissing) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t0\t6\t-");  // kept from both, told one after the other
  learn("W\t6\t5\tKX\tD\t0\tdrop\tunsent\t2\t0\tyes,100,30,0");
  learn("W\t6\t5\tKX\tD\t1\tdark\tunsent\t0\t0\tyes,100,30,0");
  learn("D\t5\tKX\tyes\t200\t30\t0\t2\t6\t-");  // the other one got it
  learn("W\t6\t5\tKX\tD\t0\tdrop\tunsent\t2\t0\tyes,200,30,0");
  learn("T\t5\tKX\tabc\t100\t30\t3\t6");  // lost with both sockets, later
  learn("W\t6\t5\tKX\tT\t1\treset\tlost\t1\t0\tabc,100,30");
  learn("W\t6\t5\tKX\tT\t0\treset\tlost\t0\t0\tabc,100,30");
  auditor_.begin_production();
  const auto report = auditor_.report();
  EXPECT_EQ(report.tables.at("orderbook_deltas").withheld, 1);
  EXPECT_EQ(report.tables.at("orderbook_deltas").missing, 1);
  EXPECT_EQ(report.tables.at("orderbook_deltas").unwatched, 0);
  EXPECT_EQ(report.tables.at("trades").withheld, 1);
  EXPECT_EQ(report.tables.at("trades").missing, 0);
}

TEST_F(AuditorTest, WhatMayHaveArrivedIsNeitherMissingNorDoubled) {
  for (const char* id : {"abc", "def"}) {
    learn("T\t5\tKX\t" + std::string(id) + "\t100\t30\t3\t6");
    learn("W\t6\t5\tKX\tT\t0\tcut\tmaybe\t2\t1\t" + std::string(id) + ",100,30");
    learn("W\t6\t5\tKX\tT\t1\tcut\tlost\t0\t1\t" + std::string(id) + ",100,30");
  }
  auditor_.begin_production();
  see("trades", {"2000000", "abc", "100", "30"});
  EXPECT_TRUE(auditor_.report().clean());
  EXPECT_EQ(table("trades").merged, 1);
  EXPECT_EQ(table("trades").uncertain, 1);
}

TEST_F(AuditorTest, LossesOfStrangersAreNobodysConcern) {
  learn("T\t5\tKX\tabc\t100\t30\t5\t6");
  learn("W\t6\t5\tKX\tT\t2\tcut\tlost\t1\t0\tabc,100,30");
  auditor_.begin_production();
  EXPECT_EQ(table("trades").missing, 1);
}

TEST_F(AuditorTest, SnapshotsAreWithheldByTheirPlaceAmongEquals) {
  for (const char* index : {"0", "1", "2"}) {
    learn("S\t9\tKX\t" + std::string(index) + "\t1");
  }
  learn("W\t9\t-\tKX\tS\t0\treset\tlost\t0\t0\t1");
  learn("W\t9\t-\tKX\tS\t0\treset\tmaybe\t0\t1\t2");
  auditor_.begin_production();
  see("orderbook_snapshots", {"9", "KX", "g-1"});
  const auto audit = table("orderbook_snapshots");
  EXPECT_EQ(audit.merged, 1);
  EXPECT_EQ(audit.withheld, 1);
  EXPECT_EQ(audit.uncertain, 1);
  EXPECT_EQ(audit.missing, 0);
}

TEST_F(AuditorTest, AWithheldChangeMustNotLieWhereEvidenceClaimsAll) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t2\t6\t-");
  learn("W\t6\t5\tKX\tD\t0\tdrop\tunsent\t2\t0\tyes,100,30,0");
  auditor_.begin_gatherer("g-1");
  const auto prove = [&](std::int64_t proven_ms) {
    EvidenceCoverage evidence;
    evidence.snapshot(7, "KX", 1'000);
    evidence.watermark(7, proven_ms * 1'000);
    for (const auto& line : lines_) auditor_.prove(*parse_truth_line(line), evidence);
    return auditor_.report().evidence.at("g-1");
  };
  EXPECT_EQ(prove(4).withheld, 1);
  EXPECT_EQ(prove(4).withheld_unexplained, 0);
  EXPECT_EQ(prove(5).withheld_unexplained, 1);
}

TEST_F(AuditorTest, NamesWhatIsMissing) {
  learn("T\t5\tKX\tabc\t100\t30\t1\t6");
  auditor_.begin_production();
  auditor_.explain(*parse_truth_line(lines_.back()));
  const auto report = auditor_.report();
  EXPECT_EQ(report.tables.at("trades").missing, 1);
  EXPECT_THAT(report.examples, ElementsAre("missing: trades 5 KX abc"));
}

TEST_F(AuditorTest, TradesAreKnownByTheirIdWhateverTheSpelling) {
  learn("T\t5\tKX\tABC\t100\t30\t1\t6");
  auditor_.begin_production();
  see("trades", {"2000000", "abc", "100", "30"});
  see("trades", {"999999", "of-an-earlier-run", "100", "30"});
  EXPECT_TRUE(auditor_.report().clean());
  EXPECT_EQ(table("trades").merged, 1);
}

TEST_F(AuditorTest, ATradeWithAnotherPriceOrSizeIsNotTheOneThatWasEmitted) {
  learn("T\t5\tKX\tabc\t100\t30\t1\t6");
  learn("T\t5\tKX\tdef\t100\t30\t1\t6");
  auditor_.begin_production();
  see("trades", {"2000000", "abc", "101", "30"});
  see("trades", {"2000000", "def", "100", "31"});
  const auto audit = table("trades");
  EXPECT_EQ(audit.missing, 2);
  EXPECT_EQ(audit.doubled, 2);
}

TEST_F(AuditorTest, CountsTheAnswersThatTheirClientBrought) {
  learn("S\t9\tKX\t0\t1");
  learn("A\t9\tKX\t0");
  learn("A\t9\tKX\t1");
  learn("A\t9\tKY\t0");
  auditor_.begin_production();
  see("orderbook_snapshots", {"9", "KX", "g-1"});
  see("orderbook_snapshots", {"9", "KX", "g-2"});
  see("orderbook_snapshots", {"9", "KY", "g-1"});
  EXPECT_EQ(auditor_.report().answered_snapshots, 3);
  EXPECT_EQ(auditor_.report().answered_snapshots_merged, 2);
}

TEST_F(AuditorTest, AnEqualRowOfAnEarlierRunStandsForThisOne) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t3\t6\t-");
  auditor_.begin_production();
  for (int i = 0; i < 2; ++i) see("orderbook_deltas", {"999999", "5", "KX", "t", "100", "30"});
  const auto audit = table("orderbook_deltas");
  EXPECT_EQ(audit.merged, 1);
  EXPECT_EQ(audit.doubled, 0);
}

TEST_F(AuditorTest, EqualConsecutiveTickersOfOneMillisecondAreOneRow) {
  learn("K\t5\tKX\t1,2,,4,5,6,7,8,9,10\t0\t6");
  learn("K\t5\tKX\t1,2,,4,5,6,7,8,9,10\t1\t6");
  learn("K\t5\tKX\t1,3,,4,5,6,7,8,9,10\t1\t6");
  learn("K\t5\tKX\t1,2,,4,5,6,7,8,9,10\t1\t6");
  learn("K\t6\tKX\t1,2,,4,5,6,7,8,9,10\t1\t6");
  auditor_.begin_production();
  for (const auto* at : {"5", "5", "6"}) {
    see("tickers", {"2000000", at, "KX", "1", "2", "\\N", "4", "5", "6", "7", "8", "9", "10"});
  }
  const auto audit = table("tickers");
  EXPECT_EQ(audit.emitted, 4);
  EXPECT_EQ(audit.merged, 3);
  EXPECT_EQ(audit.missing, 1);
}

TEST_F(AuditorTest, ASnapshotIsThereWhenAnyGathererHasIt) {
  learn("S\t9\tKX\t0\t3");
  learn("S\t9\tKX\t1\t2");
  learn("S\t9\tKY\t0\t3");
  learn("A\t9\tKX\t0");
  auditor_.begin_production();
  see("orderbook_snapshots", {"9", "KX", "g-2"});
  see("orderbook_snapshots", {"9", "KX", "g-2"});
  see("orderbook_snapshots", {"9", "KX", "g-1"});
  see("orderbook_snapshots", {"9", "KX", "g-1"});
  const auto report = auditor_.report();
  const auto audit = report.tables.at("orderbook_snapshots");
  EXPECT_EQ(audit.emitted, 3);
  EXPECT_EQ(audit.merged, 2);
  EXPECT_EQ(audit.missing, 1);
  EXPECT_EQ(audit.doubled, 0);
  EXPECT_EQ(report.answered_snapshots, 1);
  EXPECT_THAT(report.examples, ElementsAre("missing: orderbook_snapshots 9 KY"));
}

TEST_F(AuditorTest, ASnapshotThatNobodySentIsDoubled) {
  learn("S\t9\tKX\t0\t1");
  auditor_.begin_production();
  see("orderbook_snapshots", {"9", "KX", "g-1"});
  see("orderbook_snapshots", {"9", "KX", "g-2"});
  EXPECT_EQ(table("orderbook_snapshots").doubled, 1);
}

TEST_F(AuditorTest, CountsWhatTheShortKeyWouldHaveLost) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t1\t6\t5001");
  learn("D\t5\tKX\tyes\t100\t-30\t0\t1\t6\t5001");
  learn("D\t5\tKX\tyes\t100\t40\t0\t1\t6\t5002");
  learn("D\t5\tKX\tno\t100\t40\t0\t1\t6\t5002");
  EXPECT_EQ(auditor_.report().lost_by_short_key, 1);
}

TEST_F(AuditorTest, WithoutFinerStampsTheShortKeyHasMilliseconds) {
  learn("D\t5\tKX\tyes\t100\t30\t0\t1\t6\t-");
  learn("D\t5\tKX\tyes\t100\t-30\t0\t1\t6\t-");
  learn("D\t5\tKX\tyes\t100\t40\t0\t1\t6\t-");
  EXPECT_EQ(auditor_.report().lost_by_short_key, 2);
}

TEST_F(AuditorTest, LifecycleEventsCountByTickerAndType) {
  learn("L\t9\tKX\tdetermined\t3");
  learn("L\t9\tKX\tsettled\t3");
  auditor_.begin_production();
  see("lifecycle_events", {"2000000", "KX", "determined"});
  const auto audit = table("lifecycle_events");
  EXPECT_EQ(audit.merged, 1);
  EXPECT_EQ(audit.missing, 1);
}

TEST_F(AuditorTest, RefusesARowThatIsNoRow) {
  auditor_.begin_production();
  const std::vector<std::string_view> few = {"5"};
  EXPECT_FALSE(auditor_.see("trades", few));
  const std::vector<std::string_view> odd = {"2000000", "x", "KX", "t", "100", "30"};
  EXPECT_FALSE(auditor_.see("orderbook_deltas", odd));
}

}  // namespace
}  // namespace kd
