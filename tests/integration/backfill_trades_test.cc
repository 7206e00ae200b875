// Trades from REST into production: the simulator's REST interface, real sockets, real PostgreSQL.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "backfill_world.h"
#include "support/eventually.h"

namespace kd {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

constexpr int kTrades = 5'000;

class TradeBackfillTest : public testing::Test {
 protected:
  BackfillWorld world_{shared_cluster()};
};

struct Killed {};

TEST_F(TradeBackfillTest, AMissingWeekAcrossTheCutoffIsFilledOnceAndForAll) {
  const auto ids = world_.week_of_trades(kTrades);
  world_.cut_at(BackfillWorld::kWeek + hours(80) + std::chrono::milliseconds(1500));
  world_.store(ids[10], us_of(BackfillWorld::kWeek) + 500'000'000);
  const auto outcome = world_.run();
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_EQ(outcome->counts.read, kTrades);
  EXPECT_EQ(outcome->counts.added, kTrades - 1);
  EXPECT_EQ(outcome->counts.known(), 1);
  EXPECT_EQ(world_.production("SELECT count(DISTINCT trade_id) FROM trades"),
            fmt::to_string(kTrades));
  EXPECT_GT(world_.requests_for("/historical/trades"), 0U);
  EXPECT_GT(world_.requests_for("/markets/trades"), 0U);

  const auto digest = world_.digest();
  const auto asked = world_.requests_for("/trades");
  const auto second = world_.run();
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->began, BackfillWorld::kWeekEnd);
  EXPECT_EQ(world_.requests_for("/trades"), asked) << "nothing is left to ask for";
  auto again = world_.job();
  again.again = true;
  const auto third = world_.run(again);
  ASSERT_TRUE(third) << third.error().what;
  EXPECT_EQ(third->counts.known(), kTrades);
  EXPECT_EQ(world_.digest(), digest);
}

TEST_F(TradeBackfillTest, RowsAreThoseOfTheExchangeToTheLastDigit) {
  const auto at = us_of(BackfillWorld::kWeek) + 1'234'567;
  world_.trade({.us = at, .size = 1'250, .ticker = "KXB-1", .block = true});
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.production("SELECT (exchange_ts, exchange_us, ticker, price, size, taker_side, "
                              "is_block, gatherer)::text FROM trades"),
            fmt::format("({},{},KXB-1,53000,1250,t,t,rest)", at / 1000 * 1000, at));
  EXPECT_NE(world_.production("SELECT received_at FROM trades"), fmt::to_string(at));
}

TEST_F(TradeBackfillTest, AKillAtAnyStepLosesAndDoublesNothing) {
  world_.week_of_trades(kTrades, hours(1));
  int kills = 0;
  std::set<std::string, std::less<>> killed_at;
  for (;;) {
    ASSERT_LT(kills, 100);
    auto job = world_.job();
    job.all.to = job.all.from + hours(1);
    int steps = 0;
    job.at_step = [&](std::string_view step) {
      if (++steps <= 1 + kills % 5) return;
      killed_at.emplace(step);
      throw Killed();
    };
    try {
      const auto outcome = world_.run(job);
      ASSERT_TRUE(outcome) << outcome.error().what;
      break;
    } catch (const Killed&) {
      ++kills;
    }
  }
  EXPECT_THAT(killed_at, testing::ElementsAre("finished", "page", "window"));
  EXPECT_EQ(world_.production("SELECT count(*) || ' ' || count(DISTINCT trade_id) FROM trades"),
            fmt::format("{0} {0}", kTrades));
}

TEST_F(TradeBackfillTest, TheCutoffMayMoveWhileAWindowIsRead) {
  world_.week_of_trades(kTrades);
  world_.cut_at(BackfillWorld::kWeek - hours(24));
  int pages = 0;
  world_.before_answer = [&](const HttpRequest& request) {
    if (request.path().ends_with("/markets/trades") && ++pages % 2 == 0) {
      world_.cut_at(BackfillWorld::kWeek + hours(20) * (pages / 2));
    }
  };
  const auto outcome = world_.run();
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_GT(world_.requests_for("/historical/trades"), 0U);
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), fmt::to_string(kTrades));
}

TEST_F(TradeBackfillTest, ATradeWithTwoTimesIsOne) {
  const auto at = us_of(BackfillWorld::kWeek) + 3'600'000'000;
  const auto near = world_.trade({.us = at + 7'654});
  const auto midnight = world_.trade({.us = us_of(BackfillWorld::kWeek + hours(24)) + 100});
  world_.store(near, at);
  world_.store(midnight, us_of(BackfillWorld::kWeek + hours(24)) - 1'000);
  const auto outcome = world_.run();
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_EQ(outcome->counts.known(), 2) << "one of them lies in the partition of another day";
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "2");
}

TEST_F(TradeBackfillTest, OnlyWhatIsWantedIsFetched) {
  world_.week_of_trades(100);
  auto job = world_.job();
  job.ticker = "KXB-1";
  job.selection = "KXB-1";
  ASSERT_TRUE(world_.run(job));
  EXPECT_EQ(world_.production("SELECT count(*) || min(ticker) || max(ticker) FROM trades"),
            "20KXB-1KXB-1");
  EXPECT_EQ(world_.requests_for("/trades"), world_.requests_for("ticker=KXB-1"));
  const auto all = world_.run();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->counts.added, 80) << "what was done for one market was not done for all";
  EXPECT_EQ(world_.run(job)->began, BackfillWorld::kWeekEnd);
}

TEST_F(TradeBackfillTest, WhatCannotBeReadIsInQuarantineOnce) {
  world_.trades_body =
      R"({"trades":[{"trade_id":"00000000-0000-4000-8000-000000000001","ticker":"A",)"
      R"("count_fp":"1.005","yes_price_dollars":"0.5","taker_outcome_side":"no",)"
      R"("created_time":"2026-08-25T00:00:00Z"}],"cursor":""})";
  auto job = world_.job();
  job.all.to = job.all.from + std::chrono::seconds(60);
  job.again = true;
  for (int i = 0; i < 2; ++i) {
    const auto outcome = world_.run(job);
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_EQ(outcome->counts.refused, 1);
  }
  EXPECT_EQ(world_.production("SELECT count(*) || ' ' || min(reason) FROM quarantine"),
            "1 count_fp: " + std::string(Size::parse("1.005").error().what));
  EXPECT_THAT(world_.production("SELECT convert_from(frame, 'UTF8') FROM quarantine"),
              HasSubstr("1.005"));
}

// The other writer of trades is the deduplicator.
TEST_F(TradeBackfillTest, WaitsForWhoeverElseStoresTrades) {
  const auto at = us_of(BackfillWorld::kWeek) + 3'600'000'000;
  const auto id = world_.trade({.us = at + 2'000});
  auto other = shared_cluster().connect(world_.database());
  ASSERT_TRUE(other->exec(fmt::format("SELECT kd_ensure_partitions('trades', {0}, {0})", at)));
  ASSERT_TRUE(other->begin());
  ASSERT_TRUE(
      other->exec("SELECT pg_advisory_xact_lock(hashtextextended('kalshi trades writer', 0))"));
  ASSERT_TRUE(
      other->exec(fmt::format("INSERT INTO trades VALUES ('{}', {}, NULL, 1, 'KXA-1', "
                              "53000, 100, true, false, 'gatherer-1')",
                              id, at)));
  std::jthread backfill([&] {
    const auto outcome = world_.run();
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_EQ(outcome->counts.known(), 1);
  });
  EXPECT_TRUE(eventually([&] {
    return world_.production(
               "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
               "AND NOT granted") == "1";
  }));
  ASSERT_TRUE(other->commit());
  backfill.join();
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "1");
}

TEST_F(TradeBackfillTest, ASessionThatTheServerEndsIsOpenedAgain) {
  world_.week_of_trades(kTrades);
  int pages = 0;
  world_.before_answer = [&](const HttpRequest& request) {
    if (!request.path().ends_with("/trades") || ++pages != 3) return;
    EXPECT_EQ(world_.production("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                "WHERE usename = 'deduplicator' AND datname = current_database()"),
              "1");
  };
  const auto outcome = world_.run();
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), fmt::to_string(kTrades));
}

TEST_F(TradeBackfillTest, AnExchangeThatFailsLeavesTheProgressWhereItWas) {
  world_.week_of_trades(kTrades);
  int pages = 0;
  world_.before_answer = [&](const HttpRequest& request) {
    if (request.path().ends_with("/trades") && ++pages == 5) world_.trades_body = "<html>";
  };
  EXPECT_FALSE(world_.run());
  world_.exchange().run([&] { world_.trades_body.clear(); });
  const auto outcome = world_.run();
  ASSERT_TRUE(outcome) << outcome.error().what;
  EXPECT_GT(outcome->began, BackfillWorld::kWeek);
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), fmt::to_string(kTrades));
}

}  // namespace
}  // namespace kd
