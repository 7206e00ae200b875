#include "app/up_report.h"

#include <gmock/gmock.h>

#include "codec/flat_json.h"

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

UpReport example() {
  UpReport report;
  report.options.duration = std::chrono::seconds(30);
  report.audit.tables["trades"] = {.emitted = 1'000,
                                   .merged = 990,
                                   .missing = 4,
                                   .unwatched = 6,
                                   .withheld = 2,
                                   .uncertain = 1,
                                   .doubled = 0,
                                   .captured = {{"gatherer-1", 900}}};
  report.audit.lost_by_short_key = 58'539;
  report.audit.answered_snapshots = 12;
  report.audit.answered_snapshots_merged = 11;
  report.audit.examples = {"missing: trades 5 KX \"a\""};
  report.seconds = 10;
  report.emitted = 1'000;
  report.to_local = {0.05, 0.1204};
  return report;
}

TEST(UpReportTest, TheJsonHoldsEveryFigure) {
  const auto json = report_json(example(), "kalshi-data 0.1.0");
  const auto flat = flatten_json(json);
  ASSERT_TRUE(flat) << flat.error().what << json;
  EXPECT_EQ(flat->at("version"), "kalshi-data 0.1.0");
  EXPECT_EQ(flat->at("mode"), "synthetic");
  EXPECT_EQ(flat->at("clean"), "false");
  EXPECT_EQ(flat->at("tables.trades.emitted"), "1000");
  EXPECT_EQ(flat->at("tables.trades.captured.gatherer-1"), "900");
  EXPECT_EQ(flat->at("tables.trades.missing"), "4");
  EXPECT_EQ(flat->at("tables.trades.unwatched"), "6");
  EXPECT_EQ(flat->at("tables.trades.withheld"), "2");
  EXPECT_EQ(flat->at("tables.trades.uncertain"), "1");
  EXPECT_EQ(flat->at("unwatched"), "6");
  EXPECT_EQ(flat->at("answered_snapshots"), "12");
  EXPECT_EQ(flat->at("answered_snapshots_merged"), "11");
  EXPECT_EQ(flat->at("short_key_would_have_lost"), "58539");
  EXPECT_EQ(flat->at("latency_seconds.local.p99"), "0.1204");
  EXPECT_FALSE(flat->contains("latency_seconds.production.p99"));
  EXPECT_EQ(flat->at("emitted_per_second"), "100");
  EXPECT_EQ(flat->at("examples[0]"), "missing: trades 5 KX \"a\"");
}

TEST(UpReportTest, WithoutAnAuditItTellsWhatTheRunTook) {
  auto report = example();
  report.options.exchange = real_exchange("demo");
  report.audited = false;
  report.rows = {{"trades", 7}};
  report.processes["gatherer-1"].usage = {1.5, 1 << 20};
  report.subscribed = Subscribed{};
  const auto flat = flatten_json(report_json(report, "v"));
  ASSERT_TRUE(flat) << flat.error().what;
  EXPECT_EQ(flat->at("mode"), "demo");
  EXPECT_EQ(flat->at("rows.trades"), "7");
  EXPECT_EQ(flat->at("processes.gatherer-1.peak_rss_bytes"), "1048576");
  EXPECT_EQ(flat->at("subscribed.markets"), "0");
  EXPECT_FALSE(flat->contains("clean"));
  EXPECT_THAT(report_text(report), Not(HasSubstr("complete")));
}

TEST(UpReportTest, TheTextSaysWhetherItIsComplete) {
  auto report = example();
  EXPECT_THAT(report_text(report), HasSubstr("NOT complete"));
  EXPECT_THAT(report_text(report), HasSubstr("90.00 %"));
  EXPECT_THAT(report_text(report),
              HasSubstr("the key (ticker, time, price, side) would have lost 58,539 deltas"));
  EXPECT_THAT(report_text(report),
              HasSubstr("snapshots that answered a command: 12 sent, 11 in production\n"));
  report.audit.tables["trades"].missing = 0;
  EXPECT_THAT(report_text(report), Not(HasSubstr("complete")));
  EXPECT_THAT(report_text(report), HasSubstr("\nnothing missing, nothing doubled, but 6 rows were "
                                             "watched by nobody (see the gatherers' logs)\n"));
  report.audit.tables["trades"].unwatched = 0;
  EXPECT_THAT(report_text(report), HasSubstr("\ncomplete: nothing missing, nothing doubled\n"));
}

}  // namespace
}  // namespace kd
