#include "metrics/registry.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;

TEST(MetricsRegistryTest, GivesTheSameHandleForTheSameNameAndLabels) {
  MetricsRegistry metrics;
  auto& trades = metrics.counter("rows_total", "rows", {{"table", "trades"}});
  trades.add(3);
  EXPECT_EQ(&metrics.counter("rows_total", "rows", {{"table", "trades"}}), &trades);
  EXPECT_NE(&metrics.counter("rows_total", "rows", {{"table", "tickers"}}), &trades);
  EXPECT_EQ(trades.value(), 3);
}

TEST(MetricsRegistryTest, ScrapesEveryKindAsText) {
  MetricsRegistry metrics;
  metrics.counter("rows_total", "rows", {{"table", "trades"}}).add();
  metrics.gauge("lag_seconds", "lag").set(2.5);
  metrics.histogram("latency_seconds", "latency", {0.1, 1}).observe(0.5);
  const std::string text = metrics.scrape();
  EXPECT_THAT(text, HasSubstr("rows_total{table=\"trades\"} 1"));
  EXPECT_THAT(text, HasSubstr("lag_seconds 2.5"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{le=\"0.1\"} 0"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{le=\"+Inf\"} 1"));
}

}  // namespace
}  // namespace kd
