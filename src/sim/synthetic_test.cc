#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "sim/activity.h"
#include "sim/grid.h"
#include "sim/numbers.h"
#include "sim/order_flow.h"
#include "sim/synthetic_feed.h"

namespace kd::sim {
namespace {

TEST(OrderFlowTest, BooksStaySoundAndTradesMatchTheirDeltas) {
  for (const GridKind grid : {GridKind::kLinearCent, GridKind::kDeciCent,
                              GridKind::kTaperedDeciCent, GridKind::kComboCenti}) {
    Random random(7);
    Market market;
    market.grid = grid;
    std::int32_t fair = 30'000;
    OrderFlow flow;
    OrderFlow::seed_book(market, fair, 10, random);
    std::vector<Change> changes;
    std::size_t deltas = 0, actions = 0, blocks = 0, fractions = 0;
    for (int i = 0; i < 20'000; ++i) {
      flow.act(market, fair, random, changes);
      std::map<std::int64_t, int> unmatched;
      ++actions;
      for (const Change& change : changes) {
        if (change.is_trade) {
          blocks += change.block;
          if (!change.block) ++unmatched[change.size];
          continue;
        }
        ++deltas;
        fractions += change.size % 100 != 0;
        ASSERT_EQ(change.price, snap_down(grid, change.price)) << "a valid price";
        market.book.apply(change.yes, change.price, change.size);
        ASSERT_GE(market.book.size_at(change.yes, change.price), 0);
        if (const auto at = unmatched.find(-change.size); at != unmatched.end()) --at->second;
      }
      ASSERT_LT(market.book.best(true).price + market.book.best(false).price, kDollar);
    }
    EXPECT_GT(blocks, 10U);
    EXPECT_GT(fractions, deltas / 20);
    const double shared = 1 - static_cast<double>(actions - blocks) / static_cast<double>(deltas);
    EXPECT_GT(shared, 0.15) << "consecutive deltas in one millisecond";
    EXPECT_LT(shared, 0.45);
  }
}

TEST(ActivityTest, FewMarketsHaveMostOfTheTraffic) {
  const Activity activity(1000, 0.9);
  Random random(3);
  int first_ten = 0;
  for (int i = 0; i < 10'000; ++i) first_ten += activity.pick(random) < 10;
  EXPECT_GT(first_ten, 2000);
  EXPECT_LT(first_ten, 6000);
}

TEST(GridTest, StepsFollowTheRanges) {
  EXPECT_EQ(snap_down(GridKind::kTaperedDeciCent, 50'999), 50'000);
  EXPECT_EQ(step_down(GridKind::kTaperedDeciCent, 10'000, 1), 9'900);
  EXPECT_EQ(step_down(GridKind::kTaperedDeciCent, 11'000, 1), 10'000);
  EXPECT_EQ(snap_down(GridKind::kLinearCent, 999), 0);
  EXPECT_EQ(snap_down(GridKind::kLinearCent, kDollar), 99'000);
}

class SyntheticFeedTest : public testing::Test {
 protected:
  // Plays `seconds` of a made-up world into a truthless exchange.
  void play(Exchange& exchange, const SyntheticOptions& options, int seconds) {
    SyntheticFeed feed(exchange, options, kStart);
    for (std::int64_t now = kStart; now < kStart + seconds * 1000; now += 4) {
      ASSERT_TRUE(feed.play(now, 100'000));
    }
  }
  static constexpr std::int64_t kStart = 1'795'356'000'000;
};

TEST_F(SyntheticFeedTest, KeepsTheRateOverAllChannels) {
  Exchange exchange{SessionLimits{}};
  play(exchange, {100, 0, 2000, 1, 0.02, {}, {}}, 10);
  EXPECT_NEAR(static_cast<double>(exchange.emitted().total()), 20'000, 200);
  EXPECT_GT(exchange.emitted().trades, 1000U);
  EXPECT_GT(exchange.emitted().tickers, 2000U);
}

TEST_F(SyntheticFeedTest, OneSeedIsOneWorld) {
  const auto run = [&](std::uint64_t seed) {
    Exchange exchange{SessionLimits{}};
    play(exchange, {50, 0, 1000, seed, 0.5, {}, {}}, 5);
    const Market& market = exchange.world.market(3);
    std::string book;
    append_snapshot_msg(book, market, market.book, false);
    return book;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST_F(SyntheticFeedTest, MarketsLiveFromCreatedToSettledAndAreReplaced) {
  Exchange exchange{SessionLimits{}};
  play(exchange, {50, 0, 1000, 1, 6, {}, {}}, 40);
  std::size_t settled = 0, active = 0;
  const std::int64_t now = kStart + 40'000;
  for (MarketIndex at = 0; at < exchange.world.market_count(); ++at) {
    const Market& market = exchange.world.market(at);
    const MarketStatus status = status_at(market, now);
    active += status == MarketStatus::kActive || status == MarketStatus::kInactive;
    settled += status == MarketStatus::kFinalized;
    if (status != MarketStatus::kFinalized) continue;
    EXPECT_FALSE(market.result.empty());
    EXPECT_TRUE(market.book.side(true).empty()) << "the closing snapshot emptied it";
    EXPECT_LE(market.times.close, market.times.determined);
    EXPECT_LT(market.times.determined, market.times.settled);
  }
  EXPECT_GT(settled, 5U);
  EXPECT_NEAR(static_cast<double>(active), 50, 40);
  EXPECT_GT(exchange.emitted().lifecycle, settled * 4);
}

// The types of lifecycle frames, with those about combos marked.
std::map<std::string, int> lifecycle_types(const std::string& truth_file) {
  std::map<std::string, int> types;
  std::ifstream in(truth_file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("L\t")) continue;
    std::istringstream fields(line);
    std::string kind, sending, subject, type;
    fields >> kind >> sending >> subject >> type;
    ++types[(is_combo_ticker(subject) ? "combo " : "") + type];
  }
  return types;
}

TEST_F(SyntheticFeedTest, EveryKindOfLifecycleEventHappens) {
  const std::string file = testing::TempDir() + "kd_lifecycle.tsv";
  Exchange exchange{SessionLimits{}};
  exchange.write_truth_to(std::move(*TruthLog::create(file)));
  play(exchange, {200, 0, 2000, 1, 3, {}, 60}, 90);
  ASSERT_TRUE(exchange.finish(kStart));
  const auto types = lifecycle_types(file);
  for (const char* type :
       {"created", "event_lifecycle", "event_fee_update", "price_level_structure_updated",
        "metadata_updated", "close_date_updated", "deactivated", "activated", "determined",
        "settled", "combo created", "combo event_lifecycle", "combo determined", "combo settled"}) {
    EXPECT_TRUE(types.contains(type)) << type;
  }
  EXPECT_GE(types.at("combo created"), 60);
  std::filesystem::remove(file);
}

TEST_F(SyntheticFeedTest, CombosOnDemandHaveLegsAndVanishOnceDetermined) {
  Exchange exchange{SessionLimits{}};
  play(exchange, {50, 0, 1000, 1, 1, {}, 60}, 90);
  int over = 0, open = 0, disputed = 0;
  const std::int64_t now = kStart + 90'000;
  for (MarketIndex at = 0; at < exchange.world.market_count(); ++at) {
    const Market& market = exchange.world.market(at);
    disputed += market.times.disputed != kNever;
    if (!market.provisional) continue;
    EXPECT_GE(legs_of(exchange.world, market).size(), 2U);
    const bool determined = market.times.determined <= now;
    EXPECT_EQ(exists_at(market, now), !determined);
    ++(determined ? over : open);
  }
  EXPECT_GT(over, 5);
  EXPECT_GT(open, 5);
  EXPECT_GT(disputed, 0);
}

TEST(SyntheticOptionsTest, ChurnOfManyMarketsIsBoundedUnlessAskedFor) {
  SyntheticOptions options;
  options.markets = 1000;
  EXPECT_DOUBLE_EQ(options.churn_per_minute(), 20);
  options.markets = 1'000'000;
  EXPECT_DOUBLE_EQ(options.churn_per_minute(), 600);
  options.churn_share = 0.02;
  EXPECT_DOUBLE_EQ(options.churn_per_minute(), 20'000);
  options.churn_share = 0;
  EXPECT_DOUBLE_EQ(options.combos(), 0);
  options.churn_markets = 7;
  EXPECT_DOUBLE_EQ(options.churn_per_minute(), 7);
  EXPECT_DOUBLE_EQ(options.combos(), 6);
}

}  // namespace
}  // namespace kd::sim
