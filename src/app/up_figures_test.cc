#include "app/up_figures.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

using namespace std::chrono_literals;

UpSample sample_of(std::chrono::milliseconds at, int scale) {
  UpSample sample;
  sample.at = at;
  sample.simulator = SimStatus{.state = "playing",
                               .emitted = {{"deltas", 100 * scale}, {"trades", 20 * scale}},
                               .ready_clients = 1,
                               .buffered_bytes = 0};
  MetricsRegistry gatherer;
  gatherer.counter("writer_inserts_total", "", {{"writer", "orderbook_deltas"}}).add(80 * scale);
  gatherer.counter("writer_inserts_total", "", {{"writer", "trades"}}).add(16 * scale);
  auto& latency = gatherer.histogram("writer_commit_latency_seconds", "", {1},
                                     {{"writer", "orderbook_deltas"}});
  for (int i = 0; i < scale; ++i) latency.observe(0.25);
  sample.gatherers["gatherer-1"] = *Exposition::parse(gatherer.scrape());
  MetricsRegistry deduplicator;
  deduplicator.counter("dedup_records_written_total", "", {{"table", "trades"}}).add(10 * scale);
  deduplicator.counter("dedup_duplicates_total", "", {{"table", "trades"}}).add(4 * scale);
  sample.deduplicator = *Exposition::parse(deduplicator.scrape());
  return sample;
}

TEST(UpFiguresTest, RatesAreDifferencesAndTotalsAreTheLatest) {
  const auto figures = figures_of(sample_of(1s, 1), sample_of(3s, 3));
  EXPECT_EQ(figures.emitted, 360);
  EXPECT_DOUBLE_EQ(figures.emitted_per_second, 120);
  ASSERT_EQ(figures.gatherers.size(), 1U);
  EXPECT_DOUBLE_EQ(figures.gatherers[0].rows_per_second, 96);
  EXPECT_DOUBLE_EQ(*figures.gatherers[0].lag_seconds, 0.25);
  EXPECT_DOUBLE_EQ(*figures.gatherers[0].captured, 0.8);
  EXPECT_EQ(figures.rows.at("trades"), 30);
  EXPECT_EQ(figures.duplicates, 12);
  EXPECT_DOUBLE_EQ(figures.merged_per_second, 10);
  EXPECT_EQ(figures.lag_seconds, std::nullopt);
}

TEST(UpFiguresTest, ARestartedProcessDoesNotRunBackwards) {
  const auto figures = figures_of(sample_of(1s, 5), sample_of(2s, 1));
  EXPECT_DOUBLE_EQ(figures.gatherers[0].rows_per_second, 96);
}

TEST(UpFiguresTest, WhoDoesNotAnswerIsNotShown) {
  const auto figures = figures_of({}, {});
  EXPECT_TRUE(figures.gatherers.empty());
  EXPECT_FALSE(figures.deduplicator_answers);
  EXPECT_EQ(figures.state, "starting");
}

}  // namespace
}  // namespace kd
