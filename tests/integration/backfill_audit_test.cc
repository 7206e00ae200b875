// The audit of trades as the deduplicator runs it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "backfill/trade_backfill.h"
#include "backfill_world.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using std::chrono::hours;

class TradeAuditTest : public testing::Test {
 protected:
  TradeBackfill::Options options() {
    return {.production = world_.cluster().options(world_.database(), "deduplicator"),
            .schedule = {.interval = std::chrono::seconds(300),
                         .lag = std::chrono::seconds(120),
                         .widest = hours(12)},
            .look = std::chrono::milliseconds(1),
            .after_error = std::chrono::milliseconds(1),
            .leads =
                [this] {
                  ++asked_;
                  return leads_.load();
                },
            .settled_until_us = [this] { return std::optional(settled_us_.load()); },
            .now = [this] { return micros_from_us(now_us_.load()); }};
  }
  void start() {
    audit_ = std::make_unique<TradeBackfill>(options(), world_.client(), metrics_, silent_logger());
    audit_->start();
  }
  bool await_done(std::chrono::sys_seconds until) {
    return eventually([&] {
      return world_.production("SELECT max(done_until) FROM backfill_progress") ==
             fmt::to_string(us_of(until));
    });
  }
  double backfilled() { return metrics_.counter("dedup_backfilled_trades_total", "").value(); }

  BackfillWorld world_{shared_cluster()};
  std::atomic<bool> leads_{true};
  std::atomic<int> asked_{0};  // whether it leads
  std::atomic<std::int64_t> settled_us_{us_of(BackfillWorld::kWeek + hours(2))};
  std::atomic<std::int64_t> now_us_{us_of(BackfillWorld::kWeekEnd)};
  MetricsRegistry metrics_;
  std::unique_ptr<TradeBackfill> audit_;
};

TEST_F(TradeAuditTest, FindsAndRepairsTradesThatNoGathererBrought) {
  const auto ids = world_.week_of_trades(240, hours(4));
  for (int i = 0; i < 240; ++i) {
    if (i == 77 || i == 78 || i == 200) continue;
    world_.store(ids[static_cast<std::size_t>(i)], us_of(BackfillWorld::kWeek) + 60'000'000LL * i);
  }
  start();
  ASSERT_TRUE(await_done(BackfillWorld::kWeek + hours(2)));
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "239") << "the rest is not settled";
  settled_us_ = us_of(BackfillWorld::kWeek + hours(4));
  ASSERT_TRUE(await_done(BackfillWorld::kWeek + hours(4)));
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "240");
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades WHERE gatherer = 'rest'"), "3");
  EXPECT_TRUE(eventually([&] { return backfilled() == 3; }));
  EXPECT_EQ(world_.production("SELECT (sum(rest_trades), sum(known), sum(added), sum(stored), "
                              "min(from_ts), max(to_ts) - min(from_ts))::text FROM trade_audits"),
            fmt::format("(240,237,3,240,{},{})", us_of(BackfillWorld::kWeek), 14'400'000'000));
}

TEST_F(TradeAuditTest, GoesOnWhereItWasAfterARestart) {
  const auto ids = world_.week_of_trades(1000);
  world_.store(ids[0], us_of(BackfillWorld::kWeek));
  start();
  ASSERT_TRUE(await_done(BackfillWorld::kWeek + hours(2)));
  audit_.reset();
  settled_us_ = us_of(BackfillWorld::kWeekEnd);
  now_us_ = us_of(BackfillWorld::kWeekEnd + hours(1));
  start();
  ASSERT_TRUE(await_done(BackfillWorld::kWeekEnd));
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "1000");
  EXPECT_EQ(world_.production("SELECT count(*) FROM backfill_progress"), "1");
  EXPECT_EQ(world_.production("SELECT sum(to_ts - from_ts) FROM trade_audits"),
            fmt::to_string(us_of(BackfillWorld::kWeekEnd) - us_of(BackfillWorld::kWeek)))
      << "no window twice, and none left out";
}

TEST_F(TradeAuditTest, DoesNothingUnlessThisProcessLeads) {
  const auto ids = world_.week_of_trades(10);
  world_.store(ids[0], us_of(BackfillWorld::kWeek));
  leads_ = false;
  start();
  EXPECT_TRUE(eventually([&] { return asked_ > 3; }));
  EXPECT_EQ(world_.requests_for("/"), 0U);
  leads_ = true;
  ASSERT_TRUE(await_done(BackfillWorld::kWeek + hours(2)));
}

TEST_F(TradeAuditTest, SurvivesAnExchangeAndADatabaseThatGoAway) {
  const auto ids = world_.week_of_trades(1000);
  world_.store(ids[0], us_of(BackfillWorld::kWeek));
  const auto killer = shared_cluster().connect(world_.database());
  int pages = 0;
  world_.before_answer = [&](const HttpRequest& request) {
    if (!request.path().ends_with("/trades")) return;
    if (++pages == 3) {
      EXPECT_EQ(scalar(*killer,
                       "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                       "WHERE usename = 'deduplicator' AND datname = current_database()"),
                "1");
    }
    world_.trades_body = pages == 5 ? "<html>" : "";
  };
  settled_us_ = us_of(BackfillWorld::kWeek + hours(24));
  start();
  ASSERT_TRUE(await_done(BackfillWorld::kWeek + hours(24)));
  EXPECT_EQ(metrics_.counter("dedup_trade_audit_errors_total", "").value(), 1)
      << "the answer that is none; a lost session is opened anew";
  EXPECT_EQ(world_.production("SELECT count(*) FROM trades"), "143");
}

}  // namespace
}  // namespace kd
