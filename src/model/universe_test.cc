#include "model/universe.h"

#include <gmock/gmock.h>

namespace kd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

constexpr auto kBooks = Channel::kOrderbook;

UniverseRules rules(const std::vector<std::string>& include,
                    const std::vector<std::string>& exclude = {},
                    const std::vector<std::string>& combos = {}) {
  auto parsed = UniverseRules::parse(include, exclude, combos);
  EXPECT_TRUE(parsed) << parsed.error().what;
  return *parsed;
}

TEST(UniverseRulesTest, WithoutRulesEverythingIsRecorded) {
  EXPECT_TRUE(UniverseRules().everything());
  EXPECT_TRUE(rules({}).everything());
  EXPECT_TRUE(rules({}, {}, {"true"}).everything());
  EXPECT_TRUE(rules({}).wants("KXMVECROSS-S1-A", Channel::kTrade));
  EXPECT_EQ(rules({}).only_series(), std::nullopt);
}

TEST(UniverseRulesTest, SelectsBySeriesEventAndMarket) {
  const auto series = rules({"series:KXBTC*"});
  EXPECT_TRUE(series.wants("KXBTC15M-26NOV221745-45", kBooks));
  EXPECT_FALSE(series.wants("KXETH-KXBTC-1", kBooks));

  const auto event = rules({"event:KXHIGHNY-26NOV??"});
  EXPECT_TRUE(event.wants("KXHIGHNY-26NOV23-B41.5", kBooks));
  EXPECT_TRUE(event.wants("KXHIGHNY-26NOV23", Channel::kLifecycle));
  EXPECT_FALSE(event.wants("KXHIGHNY-26DEC23-B41.5", kBooks));

  const auto market = rules({"market:FED-23DEC-T3.00"});
  EXPECT_TRUE(market.wants("FED-23DEC-T3.00", kBooks));
  EXPECT_FALSE(market.wants("FED-23DEC-T3.001", kBooks));
}

TEST(UniverseRulesTest, ABarePatternTakesEverythingBelowIt) {
  for (const auto* bare : {"KXCPI", "KXCPI-26NOV", "KXCPI-26NOV-T-0.1"}) {
    EXPECT_TRUE(rules({bare}).wants("KXCPI-26NOV-T-0.1", kBooks)) << bare;
    EXPECT_FALSE(rules({bare}).wants("KXCPIYOY-26NOV-T3.1", kBooks)) << bare;
  }
  EXPECT_TRUE(rules({"KXCPI*"}).wants("KXCPIYOY-26NOV-T3.1", kBooks));
}

TEST(UniverseRulesTest, ExcludeWins) {
  const auto some = rules({"KXBTC", "KXETH"}, {"event:KXBTC-26NOV22"});
  EXPECT_TRUE(some.wants("KXBTC-26NOV23-T1", kBooks));
  EXPECT_FALSE(some.wants("KXBTC-26NOV22-T1", kBooks));
  EXPECT_TRUE(some.wants("KXETH-26NOV22-T1", kBooks));
  EXPECT_FALSE(rules({}, {"KXBTC"}).wants("KXBTC-26NOV22-T1", kBooks));
}

TEST(UniverseRulesTest, CombosCanBeLeftOutPerChannel) {
  constexpr auto kCombo = "KXMVECROSSCATEGORY-S2026A-0A1B";
  const auto none = rules({}, {}, {"false"});
  EXPECT_FALSE(none.everything());
  EXPECT_FALSE(none.wants(kCombo, kBooks));
  EXPECT_TRUE(none.wants("KXBTC-1-2", kBooks));
  const auto trades = rules({}, {}, {"trade", "lifecycle"});
  EXPECT_FALSE(trades.wants(kCombo, kBooks));
  EXPECT_TRUE(trades.wants(kCombo, Channel::kTrade));
  EXPECT_FALSE(trades.wants(kCombo, Channel::kTicker));
  EXPECT_TRUE(trades.wants(kCombo, Channel::kComboLifecycle));
  EXPECT_TRUE(rules({}, {}, {"orderbook", "trade", "ticker", "lifecycle"}).everything());
}

TEST(UniverseRulesTest, KnowsWhenRestCanBeAskedForAFewSeriesOnly) {
  EXPECT_THAT(rules({"series:KXBTC", "KXETH-26NOV22", "KXBTC-26*"}).only_series(),
              Optional(ElementsAre("KXBTC", "KXETH")));
  EXPECT_EQ(rules({"series:KXBTC*"}).only_series(), std::nullopt);
  EXPECT_EQ(rules({"KXBTC", "*-T3.00"}).only_series(), std::nullopt);
  EXPECT_EQ(rules({}, {"KXBTC"}).only_series(), std::nullopt);
}

TEST(UniverseRulesTest, SaysWhatIsWrongWithAPattern) {
  const auto kind = UniverseRules::parse({"serie:KX"}, {}, {});
  ASSERT_FALSE(kind);
  EXPECT_THAT(kind.error().what, HasSubstr("none of series, event, market"));
  EXPECT_FALSE(UniverseRules::parse({"series:"}, {}, {}));
  EXPECT_FALSE(UniverseRules::parse({"series:KX-1"}, {}, {}));
  EXPECT_FALSE(UniverseRules::parse({}, {""}, {}));
  EXPECT_FALSE(UniverseRules::parse({}, {}, {"books"}));
  EXPECT_FALSE(UniverseRules::parse({}, {}, {"true", "trade"}));
}

TEST(UniverseRulesTest, GlobsMatchAsShellsDo) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("a*b*c", "aXXbYbZc"));
  EXPECT_FALSE(glob_matches("a*b*c", "aXXbYbZ"));
  EXPECT_TRUE(glob_matches("?x*", "ax"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_FALSE(glob_matches("", "a"));
}

TEST(UniverseRulesTest, ShardsDivideTheMarketsAmongThemselves) {
  const auto all = rules({"KX*"});
  std::array<int, 3> counts{};
  for (int i = 0; i < 3000; ++i) {
    const auto ticker = "KXA-26NOV22-T" + std::to_string(i);
    int takers = 0;
    for (int index = 0; index < 3; ++index) {
      if (!all.shard(index, 3).wants(ticker, Channel::kOrderbook)) continue;
      ++takers;
      ++counts[static_cast<std::size_t>(index)];
    }
    ASSERT_EQ(takers, 1) << ticker;
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_FALSE(UniverseRules().shard(0, 2).everything());
  EXPECT_TRUE(UniverseRules().shard(0, 1).everything());
}

}  // namespace
}  // namespace kd
