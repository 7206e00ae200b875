#include "app/universe_preview.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::HasSubstr;

Market market(const std::string& ticker) {
  return {.ticker = ticker, .status = "active", .close_time = {}};
}

TEST(UniversePreviewTest, CountsPerSeriesWhatTheRulesSelect) {
  const auto rules = UniverseRules::parse({"series:KXBTC", "event:KXETH-1"}, {}, {});
  ASSERT_TRUE(rules);
  UniverseTally tally;
  tally.add(std::vector{market("KXETH-1-A"), market("KXETH-2-A"), market("KXBTC-1-A"),
                        market("KXBTC-1-B"), market("KXX-1")},
            *rules);
  EXPECT_EQ(tally.markets(), 5U);
  EXPECT_EQ(tally.selected(), 3U);
  const auto series = tally.series();
  ASSERT_EQ(series.size(), 3U);
  EXPECT_EQ(series[0].name, "KXBTC");
  EXPECT_EQ(series[0].selected, 2U);
  EXPECT_EQ(series[1].name, "KXETH");
  EXPECT_EQ(series[1].selected, 1U);
  EXPECT_EQ(series[1].markets, 2U);
}

TEST(UniversePreviewTest, AMillionMarketsCostWhatTheDesignSays) {
  const auto cost = cost_of(1'000'000, 1'000, {});
  EXPECT_EQ(cost.sockets_needed, 134U);
  EXPECT_EQ(cost.unplaced, 0U);
  EXPECT_EQ(cost.snapshots, 1'000'000U);
  EXPECT_EQ(cost.commands, 144U * 35U);
  EXPECT_NEAR(cost.subscribe_seconds, 0.7, 0.001);
  EXPECT_EQ(cost.sweep_tokens, 100'000);
  EXPECT_EQ(cost.sweep_seconds, 500);
  EXPECT_EQ(cost.sweep_share, 1);
  EXPECT_EQ(cost.walk_seconds, 50);
}

TEST(UniversePreviewTest, SaysWhatDoesNotFit) {
  UniverseLimits limits;
  limits.sockets = 2;
  limits.markets_per_socket = 100;
  limits.tokens_per_second = 1;
  const auto cost = cost_of(10'000, 10, limits);
  EXPECT_EQ(cost.unplaced, 9'800U);
  EXPECT_EQ(cost.sweep_share, 0.9);
  const auto text = preview_text({}, limits, cost, 20);
  EXPECT_THAT(text, HasSubstr("NO ROOM      for 9800"));
  EXPECT_THAT(text, HasSubstr("an interval reaches 90 %"));
  EXPECT_THAT(preview_json({}, limits, cost), HasSubstr("\"unplaced\":9800"));
}

TEST(UniversePreviewTest, NothingSelectedCostsNothing) {
  const auto cost = cost_of(0, 5, {});
  EXPECT_EQ(cost.commands, 0U);
  EXPECT_EQ(cost.sockets_needed, 0U);
  EXPECT_EQ(cost.sweep_share, 1);
}

TEST(UniversePreviewTest, ALongListOfSeriesIsCut) {
  UniverseTally tally;
  for (int i = 0; i < 30; ++i) {
    tally.add(std::vector{market("S" + std::to_string(i) + "-1")}, UniverseRules());
  }
  EXPECT_THAT(preview_text(tally, {}, {}, 20), HasSubstr("… and 10 more series"));
}

}  // namespace
}  // namespace kd
