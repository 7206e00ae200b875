// Trades, deltas and ticker volume of a production database, compared with each other.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "backfill/reconcile.h"
#include "support/pg_cluster.h"

namespace kd {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kHour = 1'788'220'800'000'000;
constexpr std::int64_t kHourLength = 3'600'000'000;

class ReconcileTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* table : {"trades", "orderbook_deltas", "tickers"}) {
      run(fmt::format("SELECT kd_ensure_partitions('{}', {}, {})", table, kHour,
                      kHour + 3 * kHourLength));
    }
  }
  void run(const std::string& sql) {
    const auto done = connection_->exec(sql);
    ASSERT_TRUE(done) << done.error().what;
  }
  // The taker of trade `n` takes yes at 0.53 when n is even, else no at 0.47.
  void trade(std::int64_t at, std::int64_t size, const std::string& ticker = "KXA-1",
             const std::string& block = "false") {
    ++trades_;
    run(
        fmt::format("INSERT INTO trades VALUES ('00000000-0000-4000-8000-{:012}', {}, NULL, {}, "
                    "'{}', 53000, {}, {}, {}, 'g1')",
                    trades_, at, at, ticker, size, trades_ % 2 == 0, block));
  }
  void delta_of_last(std::int64_t at, std::int64_t size, const std::string& ticker = "KXA-1",
                     int occurrence = 0) {
    const bool taker_yes = trades_ % 2 == 0;
    run(
        fmt::format("INSERT INTO orderbook_deltas VALUES ({}, NULL, {}, '{}', {}, {}, {}, {}, 0, "
                    "'g1')",
                    at, at, ticker, !taker_yes, taker_yes ? 47'000 : 53'000, -size, occurrence));
  }
  void volume(std::int64_t at, std::int64_t volume, const std::string& ticker = "KXA-1") {
    run(
        fmt::format("INSERT INTO tickers (exchange_ts, received_at, ticker, volume, content_hash, "
                    "occurrence, ordinal, gatherer) VALUES ({0}, {0}, '{1}', {2}, {2}, 0, 0, 'g1')",
                    at, ticker, volume));
  }
  // An active, complete market over two hours: 200 trades.
  void clean_market(const std::string& ticker) {
    std::int64_t sum = 77'700;
    volume(kHour + 1000, sum, ticker);
    for (int i = 0; i < 200; ++i) {
      const auto at = kHour + 30'000'000 + 35'000'000LL * i;
      const bool block = i % 40 == 7;
      trade(at, 100 + i, ticker, block ? "true" : "false");
      if (!block) delta_of_last(at, 100 + i, ticker);
      sum += 100 + i;
      volume(at + 12'000, sum, ticker);
    }
  }
  ReconcileReport check() { return check({.from = micros_from_us(kHour), .to = end()}); }
  ReconcileReport check(const ReconcileOptions& options) {
    const auto report = reconcile(*deduplicator_, options);
    EXPECT_TRUE(report) << report.error().what;
    return report.value_or(ReconcileReport{});
  }
  static Micros end() { return micros_from_us(kHour + 2 * kHourLength); }
  std::string stored(const std::string& sql) { return scalar(*connection_, sql); }

  std::string database_ = shared_cluster().make_database("reconcile", SchemaKind::kProduction);
  std::unique_ptr<Connection> connection_ = shared_cluster().connect(database_);
  std::unique_ptr<Connection> deduplicator_ = shared_cluster().connect(database_, "deduplicator");
  int trades_ = 0;
};

TEST_F(ReconcileTest, FindsNothingInWhatIsComplete) {
  clean_market("KXA-1");
  clean_market("KXB-1");
  const auto report = check();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.trades, 400);
  EXPECT_EQ(report.block_trades, 10);
  EXPECT_EQ(report.unproven, 0);
  EXPECT_EQ(stored("SELECT sum(trades) || ' ' || sum(findings) || ' ' || count(*) "
                   "FROM reconciled_hours"),
            "400 0 2");
}

TEST_F(ReconcileTest, NamesTheTradeWhoseDeltaIsMissing) {
  clean_market("KXA-1");
  const auto at = kHour + 30'000'000 + 35'000'000LL * 150;
  run(fmt::format("DELETE FROM orderbook_deltas WHERE exchange_ts = {}", at));
  const auto report = check();
  ASSERT_THAT(report.findings, SizeIs(1));
  const auto& finding = report.findings[0];
  EXPECT_EQ(finding.kind, ReconcileKind::kTradeWithoutDelta);
  EXPECT_EQ(finding.at_us, at);
  EXPECT_EQ(finding.expected, 250);
  EXPECT_EQ(finding.found, 0);
  EXPECT_THAT(to_string(finding),
              testing::AllOf(HasSubstr("KXA-1 at 2026-09-01T01:28:00"), HasSubstr("2.50")));
  EXPECT_EQ(stored("SELECT hour || ' ' || ticker || ' ' || kind FROM reconciliations"),
            fmt::format("{} KXA-1 trade_without_delta", kHour + kHourLength));
}

TEST_F(ReconcileTest, EqualTradesOfAMillisecondNeedADeltaEach) {
  trade(kHour + 5'000'000, 100);
  delta_of_last(kHour + 5'000'000, 100, "KXA-1", 0);
  trades_ += 1;
  trade(kHour + 5'000'000, 100);
  ASSERT_THAT(check().findings, SizeIs(1));
  delta_of_last(kHour + 5'000'000, 100, "KXA-1", 1);
  EXPECT_THAT(check().findings, IsEmpty());
}

TEST_F(ReconcileTest, NamesTheTickersBetweenWhichATradeIsMissing) {
  clean_market("KXA-1");
  const auto at = kHour + 30'000'000 + 35'000'000LL * 101;  // the last of its hour
  run(fmt::format("DELETE FROM trades WHERE exchange_ts = {}", at));
  run(fmt::format("DELETE FROM tickers WHERE exchange_ts = {}", at + 12'000));
  const auto report = check();
  ASSERT_THAT(report.findings, SizeIs(1));
  const auto& finding = report.findings[0];
  EXPECT_EQ(finding.kind, ReconcileKind::kVolume);
  EXPECT_EQ(finding.expected - finding.found, 201);
  EXPECT_LE(finding.at_us, at);
  EXPECT_GE(finding.until_us, kHour + kHourLength);
  EXPECT_THAT(to_string(finding), HasSubstr("2.01 missing"));
}

TEST_F(ReconcileTest, WhatWasNotCoveredIsNoFinding) {
  clean_market("KXA-1");
  run(fmt::format("DELETE FROM orderbook_deltas WHERE exchange_ts = {}",
                  kHour + 30'000'000 + 35'000'000LL * 50));
  run(fmt::format("DELETE FROM trades WHERE exchange_ts = {}",
                  kHour + 30'000'000 + 35'000'000LL * 60));
  std::vector<std::string> asked;
  ReconcileOptions options{.from = micros_from_us(kHour), .to = end()};
  options.covered = [&](std::string_view channel, const std::string& ticker, std::int64_t,
                        std::int64_t) -> Expected<std::vector<ExchangeInterval>> {
    asked.push_back(std::string(channel) + " " + ticker);
    return std::vector<ExchangeInterval>{{kHour, kHour + 20'000'000}};
  };
  const auto report = check(options);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.unproven, 2);
  EXPECT_THAT(asked, testing::ElementsAre("orderbook_delta KXA-1", "trade KXA-1"));
  run(fmt::format("INSERT INTO backfill_progress VALUES ('audit', '', {}, {})", kHour,
                  kHour + kHourLength));
  EXPECT_THAT(check(options).findings, SizeIs(1)) << "the exchange's list proves trades";
}

TEST_F(ReconcileTest, AnHourThatWasHealedIsCleanTheNextTime) {
  clean_market("KXA-1");
  trade(kHour + 31'000'000, 4'000, "KXC-1");
  EXPECT_THAT(check().findings, SizeIs(1));
  EXPECT_EQ(stored("SELECT count(*) FROM reconciliations"), "1");
  delta_of_last(kHour + 31'000'000, 4'000, "KXC-1");
  EXPECT_THAT(check().findings, IsEmpty());
  EXPECT_EQ(stored("SELECT count(*) FROM reconciliations"), "0");
}

TEST_F(ReconcileTest, OneMarketAloneIsCheckedAndNotStored) {
  clean_market("KXA-1");
  trade(kHour + 31'000'000, 4'000, "KXC-1");
  ReconcileOptions options{.from = micros_from_us(kHour), .to = end()};
  options.ticker = "KXA-1";
  EXPECT_THAT(check(options).findings, IsEmpty());
  options.ticker = "KXC-1";
  EXPECT_THAT(check(options).findings, SizeIs(1));
  options.ticker = "it's none";
  EXPECT_EQ(check(options).trades, 0);
  EXPECT_EQ(stored("SELECT count(*) FROM reconciled_hours"), "0");
}

TEST_F(ReconcileTest, CountsWhatTheObviousKeyWouldHaveLost) {
  trade(kHour, 100);
  for (int i = 0; i < 3; ++i) delta_of_last(kHour, 100, "KXA-1", i);
  delta_of_last(kHour, 200);
  delta_of_last(kHour + 1000, 200);
  const auto loss = founding_key_loss(*deduplicator_, kHour, kHour + kHourLength);
  ASSERT_TRUE(loss) << loss.error().what;
  EXPECT_EQ(loss->deltas, 5);
  EXPECT_EQ(loss->lost, 3);
}

}  // namespace
}  // namespace kd
