#include "metrics/exposition.h"

#include <gtest/gtest.h>

namespace kd {
namespace {

Exposition parsed(std::string_view text) {
  auto exposition = Exposition::parse(text);
  EXPECT_TRUE(exposition) << exposition.error().what;
  return exposition ? *exposition : Exposition{};
}

TEST(ExpositionTest, SumsTheSeriesThatHaveTheLabels) {
  const auto metrics = parsed(
      "# HELP rows rows\n# TYPE rows counter\n"
      "rows{table=\"trades\",gatherer=\"g-1\"} 3\nrows{table=\"trades\",gatherer=\"g-2\"} 4\n"
      "rows{table=\"a\\\"b\"} 10\nup 1 1700000000\n");
  EXPECT_EQ(metrics.sum("rows", {{"table", "trades"}}), 7);
  EXPECT_EQ(metrics.sum("rows", {{"table", "a\"b"}}), 10);
  EXPECT_EQ(metrics.sum("rows"), 17);
  EXPECT_EQ(metrics.sum("up"), 1);
  EXPECT_EQ(metrics.sum("down"), std::nullopt);
}

TEST(ExpositionTest, ReadsWhatTheRegistryWrites) {
  MetricsRegistry registry;
  registry.counter("rows_total", "rows", {{"table", "x"}}).add(5);
  EXPECT_EQ(parsed(registry.scrape()).sum("rows_total"), 5);
}

TEST(ExpositionTest, InterpolatesQuantilesInsideABucket) {
  MetricsRegistry registry;
  auto& seconds = registry.histogram("s", "s", {0.1, 0.2, 0.4});
  for (int i = 0; i < 50; ++i) seconds.observe(0.05);
  for (int i = 0; i < 50; ++i) seconds.observe(0.15);
  const auto metrics = parsed(registry.scrape());
  EXPECT_NEAR(*metrics.quantile("s", 0.5), 0.1, 1e-9);
  EXPECT_NEAR(*metrics.quantile("s", 0.75), 0.15, 1e-9);
  EXPECT_EQ(metrics.quantile("t", 0.5), std::nullopt);
}

TEST(ExpositionTest, ANeverObservedHistogramHasNoQuantile) {
  MetricsRegistry registry;
  registry.histogram("s", "s", {0.1});
  EXPECT_EQ(parsed(registry.scrape()).quantile("s", 0.99), std::nullopt);
}

TEST(ExpositionTest, SelectsSeriesByALabel) {
  const auto metrics = parsed("s{t=\"a\"} 1\ns{t=\"b\"} 2\ns{t=\"c\"} 4\nother{t=\"a\"} 8\n");
  EXPECT_EQ(metrics.select("s", "t", {"a", "c"}).sum("s"), 5);
  EXPECT_EQ(metrics.select("s", "t", {"a"}).sum("other"), std::nullopt);
}

TEST(ExpositionTest, BeyondTheLastBoundIsTheLastBound) {
  MetricsRegistry registry;
  registry.histogram("s", "s", {0.1, 0.5}).observe(9);
  EXPECT_EQ(parsed(registry.scrape()).quantile("s", 0.99), 0.5);
}

TEST(ExpositionTest, NamesTheLineItCannotRead) {
  const auto bad = Exposition::parse("up 1\nrows{table=\"x 3\n");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().what.find("line 2"), std::string::npos) << bad.error().what;
}

}  // namespace
}  // namespace kd
