#include "app/dedup_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kd {
namespace {

using testing::HasSubstr;
using testing::Not;

class DedupMetricsTest : public testing::Test {
 protected:
  DedupMetricsTest() {
    status_.production_connected = true;
    status_.leader = true;
    status_.gatherer_connected = {true, true};
    status_.sync.resize(2);
  }
  const std::vector<std::string> gatherers_{"g1", "g2"};
  MetricsRegistry registry_;
  DedupMetrics metrics_{registry_, gatherers_};
  Deduplicator::Status status_;
};

TEST_F(DedupMetricsTest, SaysPerGathererAndTableHowFarItIs) {
  const auto deltas = table_index("orderbook_deltas");
  status_.sync[1][deltas] = {
      .lag_seconds = 2.5, .rows_behind = 40, .caught_up = false, .caught_up_us = 3'000'000};
  metrics_.publish(status_);
  const auto text = registry_.scrape();
  const std::string labels = "{gatherer=\"g2\",table=\"orderbook_deltas\"}";
  EXPECT_THAT(text, HasSubstr("dedup_sync_lag_seconds" + labels + " 2.5"));
  EXPECT_THAT(text, HasSubstr("dedup_rows_pending" + labels + " 40"));
  EXPECT_THAT(text, HasSubstr("dedup_caught_up" + labels + " 0"));
  EXPECT_THAT(text, HasSubstr("dedup_caught_up_timestamp_seconds" + labels + " 3"));
}

TEST_F(DedupMetricsTest, CountsWhatARoundWrote) {
  RoundOutcome outcome{};
  outcome[table_index("trades")] = {.written = 3, .duplicates = 6, .quarantined = 1};
  metrics_.on_round(outcome);
  EXPECT_THAT(registry_.scrape(), HasSubstr("dedup_records_written_total{table=\"trades\"} 3"));
  EXPECT_THAT(registry_.scrape(), HasSubstr("dedup_duplicates_total{table=\"trades\"} 6"));
}

TEST_F(DedupMetricsTest, MeasuresLatencyOnlyWhereTheExchangeStampedTheRow) {
  metrics_.on_commit_latency(table_index("ledger"), std::chrono::hours(1));
  metrics_.on_commit_latency(table_index("tickers"), std::chrono::milliseconds(40));
  EXPECT_THAT(registry_.scrape(),
              HasSubstr("dedup_commit_latency_seconds_count{table=\"tickers\"} 1"));
  EXPECT_THAT(registry_.scrape(),
              Not(HasSubstr("dedup_commit_latency_seconds_count{table=\"ledger\"}")));
}

TEST_F(DedupMetricsTest, SaysInWhichModeEachGathererIs) {
  status_.mode = {SyncMode::kBackfill, std::nullopt};
  status_.proofs_held = {true, false};
  metrics_.publish(status_);
  metrics_.on_frozen(1);
  const auto text = registry_.scrape();
  EXPECT_THAT(text, HasSubstr("dedup_sync_mode{gatherer=\"g1\"} 2"));
  EXPECT_THAT(text, HasSubstr("dedup_sync_mode{gatherer=\"g2\"} -1"));
  EXPECT_THAT(text, HasSubstr("dedup_proofs_held{gatherer=\"g1\"} 1"));
  EXPECT_THAT(text, HasSubstr("dedup_frozen_lines_total{gatherer=\"g2\"} 1"));
}

TEST_F(DedupMetricsTest, HealthIsThatOfTheWorstPart) {
  EXPECT_EQ(overall_health(dedup_health(status_, gatherers_)), "healthy");
  status_.gatherer_connected[0] = false;
  EXPECT_EQ(overall_health(dedup_health(status_, gatherers_)), "degraded");
  status_.sync[1][0].lag_seconds = 31;
  EXPECT_EQ(dedup_health(status_, gatherers_)["lag"].status, "unhealthy");
  status_.sync[1][0].lag_seconds = 0;
  status_.production_connected = false;
  status_.production_error = "cannot connect";
  const auto report = dedup_health(status_, gatherers_);
  EXPECT_EQ(health_status(report), 503);
  EXPECT_EQ(report.at("production").detail, "cannot connect");
}

}  // namespace
}  // namespace kd
