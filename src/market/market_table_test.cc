#include "market/market_table.h"

#include <gmock/gmock.h>

#include <numeric>

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Source = MarketTable::Source;

constexpr Micros kNow{std::chrono::seconds(1'800'000'000)};

class MarketTableTest : public testing::Test {
 protected:
  static Market market(const std::string& ticker, const std::string& status,
                       std::chrono::seconds closes_in = 1h, std::chrono::seconds opens_in = -1h) {
    return {.ticker = ticker,
            .status = status,
            .close_time = kNow + closes_in,
            .open_time = kNow + opens_in};
  }
  MarketTable::Changes page(const std::vector<Market>& markets, Micros at = kNow,
                            Source source = Source::kWalk) {
    table_.on_markets(markets, source, at);
    return table_.take();
  }
  MarketTable::Changes walk(const std::vector<Market>& markets, Micros at = kNow) {
    table_.begin_walk();
    table_.on_markets(markets, Source::kWalk, at);
    EXPECT_TRUE(table_.on_walk_end());
    return table_.take();
  }
  MarketTable::Changes news(const std::string& ticker, std::uint8_t kinds, Micros at = kNow,
                            std::chrono::seconds closes_in = 0s,
                            std::chrono::seconds opens_in = 0s) {
    const auto seconds = [](std::chrono::seconds in) {
      return in == 0s ? 0U
                      : static_cast<std::uint32_t>((kNow + in).time_since_epoch() /
                                                   std::chrono::seconds(1));
    };
    table_.on_news(tickers_.intern(ticker),
                   {.kinds = kinds, .open_s = seconds(opens_in), .close_s = seconds(closes_in)},
                   at);
    return table_.take();
  }
  MarketTable::Changes time(Micros at) {
    table_.on_time(at);
    return table_.take();
  }
  std::vector<std::string> names(const std::vector<Interner::Id>& ids) const {
    std::vector<std::string> out;
    for (const auto id : ids) out.emplace_back(tickers_.name(id));
    return out;
  }

  Interner tickers_;
  bool heard_ = false;
  MarketTable table_{tickers_, UniverseRules(), [this](auto, auto) { return heard_; }};
};

TEST_F(MarketTableTest, AMarketIsAddedOnceAndFromTheFirstPageOn) {
  const auto first = page({market("A", "active"), market("B", "initialized", 2h, 1h)});
  EXPECT_THAT(names(first.wanted.added), ElementsAre("A", "B"));
  EXPECT_THAT(names(first.open.added), ElementsAre("A"));
  const auto again = page({market("A", "active"), market("B", "initialized", 2h, 1h)});
  EXPECT_TRUE(again.wanted.empty());
  EXPECT_TRUE(again.open.empty());
  EXPECT_EQ(table_.size(), 2U);
  EXPECT_EQ(table_.open(), 1U);
}

TEST_F(MarketTableTest, EveryStatusHasItsEffectOnAKnownMarket) {
  const struct {
    const char* status;
    bool wanted, open;
  } kCases[] = {{"initialized", true, true},  // its open time is past: our own timer opened it
                {"active", true, true},      {"inactive", true, true},     {"closed", true, false},
                {"determined", true, false}, {"disputed", true, false},    {"amended", true, false},
                {"finalized", true, false},  {"something_new", true, true}};
  for (const auto& one : kCases) {
    const std::string ticker = std::string("M-") + one.status;
    page({market(ticker, "active")});
    page({market(ticker, one.status)});
    const auto views = table_.list(1, ticker);
    ASSERT_THAT(views, SizeIs(1)) << one.status;
    EXPECT_EQ(views[0].wanted, one.wanted) << one.status << ": a grace remains";
    const bool open = views[0].status == MarketStatus::kActive ||
                      views[0].status == MarketStatus::kInactive ||
                      views[0].status == MarketStatus::kUnknown;
    EXPECT_EQ(open, one.open) << one.status;
  }
  EXPECT_EQ(table_.counts().unknown_words.at("something_new"), 1U);
  EXPECT_EQ(table_.unknown_statuses(), 1U);
}

TEST_F(MarketTableTest, WhatIsOverIsNotAdded) {
  for (const auto* status : {"closed", "determined", "disputed", "amended", "finalized"}) {
    EXPECT_TRUE(page({market(std::string("M-") + status, status)}).wanted.empty()) << status;
  }
  EXPECT_EQ(tickers_.size(), 0U) << "and takes no memory";
}

TEST_F(MarketTableTest, OpensAtItsTimeWithoutAnEvent) {
  page({market("A", "initialized", 2h, 10min)});
  EXPECT_TRUE(time(kNow + 10min - 1s).open.empty());
  EXPECT_EQ(table_.next_time(), kNow + 10min);
  EXPECT_THAT(names(time(kNow + 10min).open.added), ElementsAre("A"));
}

TEST_F(MarketTableTest, ActivatedIsNotOpened) {
  page({market("A", "initialized", 2h, 10min)});
  EXPECT_TRUE(news("A", LifecycleNews::kActivated).open.empty());
  EXPECT_EQ(table_.open(), 0U);
}

TEST_F(MarketTableTest, APlannedCloseEndsTradingAndNotTheRecording) {
  page({market("A", "active", 10min)});
  const auto closed = time(kNow + 10min);
  EXPECT_THAT(names(closed.open.removed), ElementsAre("A"));
  EXPECT_TRUE(closed.wanted.empty());
  EXPECT_THAT(closed.unsure, IsEmpty());
}

TEST_F(MarketTableTest, IsLetGoWhenSilentLongAfterItsCloseAndRestAgrees) {
  page({market("A", "active", 10min)});
  time(kNow + 10min);
  heard_ = true;
  EXPECT_THAT(time(kNow + 20min).unsure, IsEmpty()) << "it still changes";
  heard_ = false;
  EXPECT_THAT(names(time(kNow + 30min).unsure), ElementsAre("A"));
  const auto live = page({market("A", "active", 10min)}, kNow + 30min, Source::kLookUp);
  EXPECT_TRUE(live.wanted.empty()) << "REST still calls it active";
  EXPECT_THAT(names(time(kNow + 40min).unsure), ElementsAre("A"));
  const auto closed = page({market("A", "closed", 10min)}, kNow + 40min, Source::kLookUp);
  EXPECT_THAT(names(closed.wanted.removed), ElementsAre("A"));
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(MarketTableTest, ItsCloseMovesBothWaysAndReopensIt) {
  page({market("A", "active", 30min)});
  news("A", LifecycleNews::kCloseMoved, kNow, 10min);
  EXPECT_THAT(names(time(kNow + 10min).open.removed), ElementsAre("A")) << "earlier";
  const auto reopened = news("A", LifecycleNews::kCloseMoved, kNow + 11min, 60min);
  EXPECT_THAT(names(reopened.open.added), ElementsAre("A")) << "closed, and active again";
  EXPECT_TRUE(time(kNow + 30min).open.empty()) << "the first timer is void";
  EXPECT_THAT(names(time(kNow + 60min).open.removed), ElementsAre("A"));
}

TEST_F(MarketTableTest, ActivatedAfterItsCloseAsksRestForTheNewOne) {
  page({market("A", "active", 10min)});
  time(kNow + 10min);
  EXPECT_THAT(names(news("A", LifecycleNews::kActivated, kNow + 11min).unsure), ElementsAre("A"));
  const auto found = page({market("A", "active", 2h)}, kNow + 11min, Source::kLookUp);
  EXPECT_THAT(names(found.open.added), ElementsAre("A"));
}

TEST_F(MarketTableTest, SettledIsLetGoAtOnceAndDeterminedAfterItsClosingSnapshot) {
  page({market("S", "active"), market("D", "active")});
  EXPECT_THAT(names(news("S", LifecycleNews::kSettled).wanted.removed), ElementsAre("S"));
  const auto determined = news("D", LifecycleNews::kDetermined);
  EXPECT_TRUE(determined.wanted.empty());
  EXPECT_THAT(names(determined.open.removed), ElementsAre("D"));
  EXPECT_TRUE(time(kNow + MarketTable::kGrace - 1s).wanted.empty());
  EXPECT_THAT(names(time(kNow + MarketTable::kGrace).wanted.removed), ElementsAre("D"));
}

TEST_F(MarketTableTest, ATimerThatWasSetBeforeDoesNotShortenTheGrace) {
  page({market("A", "active", 5s)});
  news("A", LifecycleNews::kDetermined);
  EXPECT_TRUE(time(kNow + 5s).wanted.empty());
  EXPECT_THAT(names(time(kNow + 10s).wanted.removed), ElementsAre("A"));
}

TEST_F(MarketTableTest, AStalePageDoesNotReviveWhatHasEnded) {
  page({market("A", "active")});
  news("A", LifecycleNews::kSettled);
  EXPECT_TRUE(page({market("A", "active")}, kNow + 15s).wanted.empty());
  EXPECT_TRUE(news("A", LifecycleNews::kActivated, kNow + 15s).wanted.empty());
  EXPECT_THAT(names(page({market("A", "active", 5h)}, kNow + 1h).wanted.added), ElementsAre("A"))
      << "an hour later REST is believed";
  news("B", LifecycleNews::kSettled);
  EXPECT_TRUE(page({market("B", "active")}, kNow + 15s).wanted.empty()) << "never seen before";
}

TEST_F(MarketTableTest, AnAnnouncedMarketIsRecordedAtOnceAndLookedUp) {
  const auto created = news("N", LifecycleNews::kCreated, kNow, 2h, 1h);
  EXPECT_THAT(names(created.wanted.added), ElementsAre("N"));
  EXPECT_THAT(names(created.announced), ElementsAre("N"));
  EXPECT_TRUE(created.open.empty()) << "it opens in an hour";
  EXPECT_THAT(names(time(kNow + 1h).open.added), ElementsAre("N"));
  const auto without_times = news("M", LifecycleNews::kCreated);
  EXPECT_THAT(names(without_times.open.added), ElementsAre("M"));
  EXPECT_THAT(names(news("U", LifecycleNews::kChanged).unsure), ElementsAre("U"))
      << "an event of a market that we missed";
}

TEST_F(MarketTableTest, ACombosEventIsEnoughToRecordIt) {
  const auto whole = news("KXMVEX-S1-A", LifecycleNews::kCreated, kNow, 2h, -1h);
  EXPECT_THAT(names(whole.wanted.added), ElementsAre("KXMVEX-S1-A"));
  EXPECT_THAT(whole.announced, IsEmpty());
  EXPECT_THAT(news("KXMVEX-S1-B", LifecycleNews::kCreated).announced, SizeIs(1));
}

TEST_F(MarketTableTest, AnAnnouncementIsNotUndoneByTheWalkThatMissedIt) {
  table_.begin_walk();
  table_.on_markets(std::vector{market("A", "active")}, Source::kWalk, kNow);
  news("N", LifecycleNews::kCreated);
  EXPECT_TRUE(table_.on_walk_end());
  EXPECT_THAT(table_.take().unsure, IsEmpty());
}

TEST_F(MarketTableTest, WhatWasFoundDuringAWalkIsNotMissedByIt) {
  table_.begin_walk();
  page({market("N", "active")}, kNow, Source::kLookUp);
  EXPECT_TRUE(table_.on_walk_end());
  EXPECT_THAT(table_.take().unsure, IsEmpty());
}

TEST_F(MarketTableTest, WhatACompleteWalkMissedIsLetGoWhenRestDoesNotKnowIt) {
  walk({market("A", "active"), market("B", "active"), market("C", "active")});
  const auto missed = walk({market("A", "active")});
  EXPECT_TRUE(missed.wanted.empty());
  EXPECT_THAT(names(missed.unsure), UnorderedElementsAre("B", "C"));
  page({market("B", "active")}, kNow, Source::kLookUp);
  table_.on_missing(tickers_.find("C"));
  const auto gone = table_.take();
  EXPECT_THAT(names(gone.wanted.removed), ElementsAre("C"));
  EXPECT_THAT(names(gone.open.removed), ElementsAre("C"));
  EXPECT_THAT(names(walk({market("A", "active"), market("C", "active")}).wanted.added),
              ElementsAre("C"))
      << "and taken up again when it is listed again";
}

TEST_F(MarketTableTest, AWalkThatListsHardlyAnythingIsNotBelieved) {
  std::vector<Market> many;
  for (int i = 0; i < 3'000; ++i) many.push_back(market("M-" + std::to_string(i), "active"));
  walk(many);
  table_.begin_walk();
  table_.on_markets(std::span(many).first(100), Source::kWalk, kNow);
  EXPECT_FALSE(table_.on_walk_end());
  EXPECT_THAT(table_.take().unsure, IsEmpty());
}

TEST_F(MarketTableTest, DeterminedSeenInRestIsLetGoToo) {
  page({market("A", "active")});
  page({market("A", "finalized")}, kNow, Source::kIncrement);
  EXPECT_THAT(names(time(kNow + MarketTable::kGrace).wanted.removed), ElementsAre("A"));
}

TEST_F(MarketTableTest, WhatComesAndGoesBetweenTwoLooksIsNoChange) {
  table_.on_news(tickers_.intern("A"), {.kinds = LifecycleNews::kCreated}, kNow);
  table_.on_news(tickers_.intern("A"), {.kinds = LifecycleNews::kSettled}, kNow);
  const auto changes = table_.take();
  EXPECT_TRUE(changes.wanted.empty());
  EXPECT_TRUE(changes.open.empty());
}

TEST_F(MarketTableTest, CountsFollowEveryStatus) {
  page({market("A", "active"), market("B", "inactive"), market("C", "initialized", 2h, 1h)});
  auto counts = table_.counts().by_status;
  EXPECT_EQ(counts[static_cast<std::size_t>(MarketStatus::kActive)], 1U);
  EXPECT_EQ(counts[static_cast<std::size_t>(MarketStatus::kInactive)], 1U);
  EXPECT_EQ(counts[static_cast<std::size_t>(MarketStatus::kInitialized)], 1U);
  news("B", LifecycleNews::kActivated);
  news("A", LifecycleNews::kDeactivated);
  news("C", LifecycleNews::kSettled);
  counts = table_.counts().by_status;
  EXPECT_EQ(counts[static_cast<std::size_t>(MarketStatus::kActive)], 1U);
  EXPECT_EQ(counts[static_cast<std::size_t>(MarketStatus::kInactive)], 1U);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), table_.size());
}

TEST_F(MarketTableTest, TheRulesDecideWhatIsRecorded) {
  const auto rules = UniverseRules::parse({"series:KXBTC"}, {}, {});
  ASSERT_TRUE(rules);
  MarketTable table(tickers_, *rules, {});
  table.on_markets(std::vector{market("KXBTC-1-2", "active"), market("KXETH-1-2", "active")},
                   Source::kWalk, kNow);
  EXPECT_THAT(names(table.take().wanted.added), ElementsAre("KXBTC-1-2"));
}

TEST_F(MarketTableTest, AMillionMarketsNeedSixteenBytesEachAndTheirTimers) {
  std::vector<Market> some(1'000);
  for (int p = 0; p < 1'000; ++p) {
    for (int i = 0; i < 1'000; ++i) {
      some[static_cast<std::size_t>(i)] = market(
          "KXMARKET-26NOV22-" + std::to_string(p * 1'000 + i), "active", std::chrono::hours(1 + p));
    }
    table_.on_markets(some, Source::kWalk, kNow);
    table_.take();
  }
  EXPECT_EQ(table_.size(), 1'000'000U);
  EXPECT_LT(table_.bytes(), 26'000'000U);
}

}  // namespace
}  // namespace kd
