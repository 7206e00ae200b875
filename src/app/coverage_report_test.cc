#include "app/coverage_report.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kTen = 1'795'341'600'000'000;  // 2026-11-22T10:00:00Z
constexpr std::int64_t kSecond = 1'000'000;

Interval at(std::int64_t from, std::int64_t to) {
  return {kTen + from * kSecond, kTen + to * kSecond};
}

MarketCoverage market() {
  const LineLoss cut{at(10, 20), kTen + 10 * kSecond, 0, 17, Cause::kClose, "ping timeout"};
  const LineLoss killed{at(5, 20), kTen + 5 * kSecond, 1, 3, Cause::kKilled, {}};
  auto part = killed;
  part.when = at(10, 20);
  return {.window = at(0, 100),
          .timeline = {{at(0, 5), 0b11}, {at(5, 10), 0b01}, {at(10, 20), 0}, {at(20, 100), 0b11}},
          .losses = {cut, killed},
          .holes = {{at(10, 20), {cut, part}}}};
}

CoverageOverview overview() {
  CoverageOverview out;
  out.gatherers = {"g1", "g2"};
  out.horizon = {kTen + 100 * kSecond, true};
  out.asked = at(0, 100);
  out.books = CoverageTally(2);
  out.books.add(market());
  out.channels.push_back({"trade", CoverageTally(2)});
  out.ticker_streams = 4;
  out.holes.push_back({"KXA-1", "orderbook_delta", market().holes[0]});
  return out;
}

TEST(CoverageReportTest, APercentageIsRoundedDown) {
  EXPECT_EQ(percent_text(1), "100.000000 %");
  EXPECT_EQ(percent_text(0.99999999999), "99.999999 %");
}

TEST(CoverageReportTest, TheOverviewSaysHowMuchWhoAndWhere) {
  const auto text = overview_text(overview());
  EXPECT_THAT(text, HasSubstr("Books of 1 markets, 2026-11-22T10:00:00Z to 2026-11-22T10:01:40Z"));
  EXPECT_THAT(text, HasSubstr("by at least 1 line      90.000000 %"));
  EXPECT_THAT(text, HasSubstr("by at least 2 lines     85.000000 %"));
  EXPECT_THAT(text, HasSubstr("1 holes in 1 markets, 10.0s of market-time:"));
  EXPECT_THAT(text, HasSubstr("KXA-1  g1 socket 17: close (ping timeout)"));
  EXPECT_THAT(text, HasSubstr("killed"));
  EXPECT_THAT(text, Not(HasSubstr("--all")));
}

TEST(CoverageReportTest, SaysWhenHolesAreLeftOutAndWhenNobodyKeepsThem) {
  auto cut = overview();
  cut.holes.clear();
  cut.horizon.kept = false;
  EXPECT_THAT(overview_text(cut), HasSubstr("the 0 longest (--all for all)"));
  EXPECT_THAT(overview_text(cut), HasSubstr("no deduplicator keeps coverage"));
  EXPECT_THAT(overview_text(overview()), Not(HasSubstr("no deduplicator")));
}

TEST(CoverageReportTest, AMarketsTimelineNamesWhoWatchedAndWhyNobodyDid) {
  const auto text = market_text("KXA-1", {{"g1", "g2"}, {kTen + 100 * kSecond, true}, market()});
  EXPECT_THAT(text, HasSubstr("2026-11-22T10:00:05Z  2026-11-22T10:00:10Z      5.0s  1  g1\n"));
  EXPECT_THAT(text,
              HasSubstr("0  NOBODY  g1 socket 17: close (ping timeout); g2 socket 3: killed"));
  EXPECT_THAT(text, HasSubstr("2  g1, g2\n"));
}

TEST(CoverageReportTest, JsonHasTheSameFigures) {
  const auto json = overview_json(overview());
  EXPECT_THAT(json, HasSubstr(R"("share_by_lines":[0.900000000,0.850000000])"));
  EXPECT_THAT(json,
              HasSubstr(R"("cause":"close","market_seconds":10.000000,"hole_seconds":10.000000)"));
  EXPECT_THAT(
      json,
      HasSubstr(R"("ticker":"KXA-1","channel":"orderbook_delta","from":"2026-11-22T10:00:10Z")"));
  const auto one = market_json("KXA-1", {{"g1", "g2"}, {kTen, true}, market()});
  EXPECT_THAT(one, HasSubstr(R"("lines":1,"who":["g1"])"));
}

}  // namespace
}  // namespace kd
