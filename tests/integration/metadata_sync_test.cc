// Metadata from an exchange that a test fills, over real HTTP, into a real database.
#include <gmock/gmock.h>

#include <atomic>

#include "integration/metadata_world.h"
#include "support/eventually.h"
#include "support/silent_log.h"

namespace kd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class MetadataSyncTest : public MetadataWorld {
 protected:
  MetadataSyncTest() {
    catalog_.series("KXA");
    catalog_.event("KXA-1", "KXA");
    for (const auto* ticker : {"KXA-1-A", "KXA-1-B", "KXA-1-C", "KXA-1-D", "KXA-1-E"}) {
      catalog_.market(ticker, "KXA-1");
    }
  }
};

TEST_F(MetadataSyncTest, TheFirstWalkReadsAllPagesOfAllLists) {
  catalog_.market(
      "KXA-1-A", "KXA-1", "active",
      R"("open_time":"2026-11-22T14:00:00Z","yes_bid_dollars":"0.5601",)"
      R"("volume_fp":"12.50","floor_strike":1.5,"custom_strike":{"k":"v"},"new_thing":7)");
  start();
  walk();
  stop();
  EXPECT_EQ(sql("SELECT count(*) FROM markets"), "5");
  EXPECT_EQ(sql("SELECT count(*) FROM market_versions"), "5");
  EXPECT_EQ(
      sql("SELECT row(status, phase, open_time, yes_bid, volume, floor_strike, custom_strike, "
          "extra, vanished_at) FROM markets WHERE ticker = 'KXA-1-A'"),
      R"((active,open,1795356000000000,56010,1250,1.5,"{""k"": ""v""}","{""new_thing"": 7}",))");
  EXPECT_EQ(sql("SELECT row(series_title, event_title, status) FROM v_markets "
                "WHERE ticker = 'KXA-1-A'"),
            "(S,E,active)");
  EXPECT_GE(asked("/markets?limit=2&cursor=KXA-1-B"), 1U);
  EXPECT_GE(asked("/markets?limit=2&cursor=KXA-1-D"), 1U);
}

TEST_F(MetadataSyncTest, ListsAreReadInAnOrderThatForeignKeysAllow) {
  auto once = options();
  once.full_interval = 1h;
  start(once);
  ASSERT_TRUE(eventually([&] { return asked("/markets?") == 3; }));
  std::vector<std::string> order;
  for (const auto& request : exchange_->requests()) {
    const auto path = request.substr(std::string("GET /trade-api/v2").size());
    order.push_back(path.substr(0, path.find('?')));
  }
  EXPECT_THAT(order, testing::ElementsAre("/series", "/events", "/events/multivariate", "/markets",
                                          "/markets", "/markets"));
}

TEST_F(MetadataSyncTest, AChangeMakesAVersionAndFiguresOfTradingDoNot) {
  start();
  walk();
  EXPECT_EQ(versions("KXA-1-A"), "1");
  walk();
  EXPECT_EQ(versions("KXA-1-A"), "1") << "nothing changed";

  catalog_.market("KXA-1-A", "KXA-1", "active",
                  R"("yes_bid_dollars":"0.6000","volume_fp":"99.00","odd_amount_fp":"1.00",)"
                  R"("updated_time":"2026-11-22T15:00:00Z")");
  walk();
  EXPECT_EQ(versions("KXA-1-A"), "1");
  EXPECT_EQ(sql("SELECT row(yes_bid, volume, extra_latest) FROM markets WHERE ticker = 'KXA-1-A'"),
            R"((60000,9900,"{""odd_amount_fp"": ""1.00""}"))")
      << "the latest view has them";

  catalog_.market("KXA-1-A", "KXA-1", "active", R"("rules_primary":"other")");
  walk();
  EXPECT_EQ(versions("KXA-1-A"), "2");
  catalog_.market("KXA-1-A", "KXA-1", "determined", R"("rules_primary":"other","result":"yes")");
  catalog_.series("KXA", R"("title":"S2")");
  catalog_.event("KXA-1", "KXA", R"("title":"E2")");
  walk();
  EXPECT_EQ(versions("KXA-1-A"), "3");
  EXPECT_EQ(versions("KXA-1-B"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM series_versions"), "2");
  EXPECT_EQ(sql("SELECT count(*) FROM event_versions"), "2");
  EXPECT_EQ(sql("SELECT bool_and(m.changed_at = (SELECT max(seen_at) FROM market_versions v "
                "WHERE v.ticker = m.ticker)) FROM markets m"),
            "t");
}

TEST_F(MetadataSyncTest, AnUnknownEventBlocksNoMarketAndIsFilledWhenItComes) {
  catalog_.market("KXZ-9-A", "KXZ-9");
  start();
  walk();
  EXPECT_EQ(sql("SELECT count(*) FROM markets"), "6");
  EXPECT_EQ(sql("SELECT row(placeholder, series_ticker) FROM events WHERE ticker = 'KXZ-9'"),
            "(t,)");
  EXPECT_EQ(sql("SELECT count(*) FROM event_versions WHERE ticker = 'KXZ-9'"), "0");
  catalog_.event("KXZ-9", "KXZ");  // its series is not listed either
  walk();
  EXPECT_EQ(sql("SELECT row(placeholder, series_ticker, title) FROM events WHERE ticker = 'KXZ-9'"),
            "(f,KXZ,E)");
  EXPECT_EQ(sql("SELECT placeholder FROM series WHERE ticker = 'KXZ'"), "t");
  EXPECT_EQ(sql("SELECT count(*) FROM event_versions WHERE ticker = 'KXZ-9'"), "1");
}

TEST_F(MetadataSyncTest, AnEventThatOnlyItsNameFindsIsLookedUp) {
  catalog_.event("KXA-H", "KXA");
  catalog_.hide_event("KXA-H");
  catalog_.market("KXA-H-1", "KXA-H");
  auto increments = options();
  increments.interval = 10ms;
  increments.full_interval = 1h;
  start(increments);
  EXPECT_TRUE(eventually(
      [&] { return sql("SELECT placeholder FROM events WHERE ticker = 'KXA-H'") == "f"; }));
}

TEST_F(MetadataSyncTest, PlaceholdersThatCannotBeResolvedStarveNoOther) {
  catalog_.event("KXA-H", "KXA");
  catalog_.hide_event("KXA-H");
  catalog_.market("KXA-H-1", "KXA-H");
  auto increments = options();
  increments.interval = 10ms;
  increments.full_interval = 1h;
  ASSERT_EQ(sql("INSERT INTO events (ticker, placeholder, first_seen_at, changed_at) SELECT "
                "'KXGONE-' || i, true, 9000000000000000 + i, 1 FROM generate_series(1, 250) i"),
            "no row");
  start(increments);
  EXPECT_TRUE(eventually(
      [&] { return sql("SELECT placeholder FROM events WHERE ticker = 'KXA-H'") == "f"; }));
  EXPECT_TRUE(eventually([&] {
    return sql("SELECT count(*) || ' ' || count(DISTINCT reason) FROM quarantine WHERE "
               "table_name = 'events' AND reason LIKE '%HTTP status 404%'") == "250 1";
  }));
}

TEST_F(MetadataSyncTest, AVanishedMarketIsKeptAndMayReturn) {
  start();
  walk();
  catalog_.remove_market("KXA-1-C");
  walk();
  EXPECT_EQ(sql("SELECT string_agg(ticker, ',') FROM markets WHERE vanished_at IS NOT NULL"),
            "KXA-1-C");
  walk();
  EXPECT_EQ(versions("KXA-1-C"), "2") << "it vanished once";
  EXPECT_EQ(sql("SELECT vanished FROM market_versions WHERE ticker = 'KXA-1-C' "
                "ORDER BY seen_at DESC LIMIT 1"),
            "t");
  EXPECT_EQ(metric("metadata_sync_vanished_total"), 1);
  catalog_.market("KXA-1-C", "KXA-1");
  walk();
  EXPECT_EQ(sql("SELECT vanished_at FROM markets WHERE ticker = 'KXA-1-C'"), "NULL");
  EXPECT_EQ(versions("KXA-1-C"), "3");
}

TEST_F(MetadataSyncTest, AMarketThatMovedToTheHistoricalTierIsLookedUpOnceAndHasNotVanished) {
  start();
  walk();
  catalog_.market("KXA-1-B", "KXA-1", "finalized", R"("result":"no")");
  catalog_.move_to_history("KXA-1-B");
  walk();
  EXPECT_EQ(sql("SELECT row(status, phase, result, historical, vanished_at) FROM markets "
                "WHERE ticker = 'KXA-1-B'"),
            "(finalized,settled,no,t,)");
  const auto look_ups = asked("/historical/markets");
  walk();
  EXPECT_EQ(asked("/historical/markets"), look_ups);
}

TEST_F(MetadataSyncTest, AListThatMissesMostMarketsMakesNoneVanish) {
  auto once = options();
  once.pages.markets = 1000;
  for (int i = 0; i < 1'100; ++i) catalog_.market("KXM-" + std::to_string(i), "KXA-1");
  start(once);
  walk();
  for (int i = 0; i < 1'100; ++i) catalog_.remove_market("KXM-" + std::to_string(i));
  walk();
  EXPECT_EQ(sql("SELECT count(*) FROM markets WHERE vanished_at IS NOT NULL"), "0");
}

TEST_F(MetadataSyncTest, EveryStatusHasItsPhaseAndAnUnknownOneIsKeptAsText) {
  const std::pair<const char*, const char*> phases[] = {
      {"initialized", "unopened"}, {"inactive", "open"},     {"active", "open"},
      {"closed", "closed"},        {"determined", "closed"}, {"disputed", "closed"},
      {"amended", "closed"},       {"finalized", "settled"}, {"dormant", "NULL"}};
  for (const auto& [status, phase] : phases) catalog_.market(status, "KXA-1", status);
  start();
  walk();
  stop();
  for (const auto& [status, phase] : phases) {
    const std::string one = " WHERE ticker = '" + std::string(status) + "'";
    EXPECT_EQ(sql("SELECT status FROM markets" + one), status);
    EXPECT_EQ(sql("SELECT phase FROM markets" + one), phase) << status;
    EXPECT_THAT(sql("UPDATE markets SET phase = " +
                    std::string(std::string(phase) == "open" ? "'closed'" : "'open'") + one +
                    " RETURNING 1"),
                HasSubstr("markets_phase"))
        << "the database holds to the same table";
  }
  EXPECT_GE(metric("metadata_sync_unknown_statuses_total"), 1);
}

TEST_F(MetadataSyncTest, WhatCannotBeStoredExactlyIsQuarantinedOnceAndHidesNothing) {
  catalog_.market("KXA-1-A", "KXA-1", "active", R"("yes_bid_dollars":"0.1234567")");
  catalog_.market("KXA-1-D", "KXA-1", "active", R"("custom_strike":{"a":"x\u0000y"})");
  auto large = options();
  large.pages.markets = 1000;
  start(large);
  walk();
  walk();
  EXPECT_EQ(sql("SELECT string_agg(ticker, ',' ORDER BY ticker) FROM markets"),
            "KXA-1-B,KXA-1-C,KXA-1-E");
  EXPECT_EQ(sql("SELECT count(*) FROM quarantine WHERE gatherer = 'metadata'"), "2");
  EXPECT_EQ(
      sql("SELECT count(*) FROM quarantine WHERE table_name = 'markets' AND "
          "reason LIKE 'yes_bid_dollars%' AND convert_from(frame, 'UTF8') LIKE '%0.1234567%'"),
      "1");
  catalog_.market("KXA-1-B", "KXA-1", "active", R"("yes_bid_dollars":1)");
  walk();
  EXPECT_EQ(sql("SELECT vanished_at FROM markets WHERE ticker = 'KXA-1-B'"), "NULL")
      << "listed, though not readable";
}

TEST_F(MetadataSyncTest, CombosAndTheirEventsAreRead) {
  catalog_.combo_event("KXMVE-1", "KXMVE");
  catalog_.market("KXMVE-1-X", "KXMVE-1", "active",
                  R"("mve_collection_ticker":"KXMVE-R","mve_selected_legs":)"
                  R"([{"event_ticker":"KXA-1","market_ticker":"KXA-1-A","side":"yes"}])");
  start();
  walk();
  EXPECT_EQ(sql("SELECT row(m.mve_collection_ticker, m.mve_selected_legs->0->>'market_ticker', "
                "e.series_ticker, e.placeholder) FROM markets m "
                "JOIN events e ON e.ticker = m.event_ticker WHERE m.ticker = 'KXMVE-1-X'"),
            "(KXMVE-R,KXA-1-A,KXMVE,f)");
  EXPECT_EQ(sql("SELECT combo FROM v_markets WHERE ticker = 'KXMVE-1-X'"), "t");
}

TEST_F(MetadataSyncTest, IncrementsBringWhatChangedWithoutAWalk) {
  auto increments = options();
  increments.interval = 10ms;
  increments.full_interval = 1h;
  catalog_.market("KXA-1-A", "KXA-1", "initialized", R"("open_time":"2026-01-01T00:00:00Z")");
  start(increments);
  increment();
  EXPECT_GE(asked("mve_filter=exclude&min_updated_ts="), 1U);
  EXPECT_GE(asked("mve_filter=only&min_created_ts="), 1U);
  EXPECT_GE(asked("/events?limit=2&min_updated_ts="), 1U);
  EXPECT_GE(asked("/markets?limit=100&tickers=KXA-1-A"), 1U) << "it should be open by now";
  catalog_.market("KXA-1-A", "KXA-1");
  increment();
  EXPECT_EQ(sql("SELECT phase FROM markets WHERE ticker = 'KXA-1-A'"), "open");
  EXPECT_EQ(metric("metadata_sync_walk_duration_seconds_count"), 1);
}

TEST_F(MetadataSyncTest, ARestartAddsNothing) {
  start();
  walk();
  stop();
  start();
  walk();
  EXPECT_EQ(sql("SELECT count(*) FROM market_versions"), "5");
  EXPECT_EQ(sql("SELECT count(*) FROM event_versions"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM series_versions"), "1");
}

TEST_F(MetadataSyncTest, AWalkThatEndedBetweenPagesIsMadeUpForByTheNext) {
  catalog_.fail("cursor=KXA-1-B", 503);
  start();
  ASSERT_TRUE(eventually([&] { return asked("cursor=KXA-1-B") >= 2; }));
  stop();
  EXPECT_EQ(sql("SELECT count(*) FROM markets"), "2") << "the first page is committed";
  catalog_.heal();
  start();
  walk();
  EXPECT_EQ(sql("SELECT count(*) FROM markets WHERE vanished_at IS NULL"), "5");
  EXPECT_EQ(sql("SELECT count(*) FROM market_versions"), "5");
}

TEST_F(MetadataSyncTest, AListThatCannotBeReadMakesNoMarketVanish) {
  start();
  walk();
  catalog_.fail("cursor=KXA-1-C", 400);
  catalog_.remove_market("KXA-1-A");
  ASSERT_TRUE(eventually([&] { return asked("cursor=KXA-1-C") >= 2; }));
  EXPECT_EQ(sql("SELECT count(*) FROM markets WHERE vanished_at IS NOT NULL"), "0");
}

TEST_F(MetadataSyncTest, AnIncrementThatFailsBreaksNoWalk) {
  auto both = options();
  both.interval = 1ms;
  start(both);
  walk();
  catalog_.fail("min_updated_ts", 400);
  walk();
  EXPECT_GE(metric("metadata_sync_errors_total", {{"type", "rest"}}), 1);
  catalog_.market("KXA-1-F", "KXA-1");
  walk();
  EXPECT_EQ(versions("KXA-1-F"), "1");
}

TEST_F(MetadataSyncTest, ALostSessionIsReplaced) {
  start();
  walk();
  catalog_.market("KXA-1-F", "KXA-1");
  sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
      "WHERE datname = current_database() AND usename = 'deduplicator'");
  EXPECT_TRUE(eventually(
      [&] { return sql("SELECT count(*) FROM markets WHERE ticker = 'KXA-1-F'") == "1"; }));
}

TEST_F(MetadataSyncTest, WhoDoesNotLeadAsksForNothing) {
  std::atomic<bool> leads{false};
  std::atomic<int> looks{0};
  auto follower = options();
  follower.leads = [&] {
    ++looks;
    return leads.load();
  };
  start(follower);
  ASSERT_TRUE(eventually([&] { return looks >= 4; }));
  EXPECT_EQ(asked(""), 0U);
  leads = true;
  walk();
  leads = false;
  stop();
  EXPECT_EQ(sql("SELECT count(*) FROM markets"), "5");
}

TEST_F(MetadataSyncTest, OfTwoThatBelieveTheyLeadOneWrites) {
  std::atomic<bool> leads{false};
  auto follower = options();
  follower.leads = [&] { return leads.load(); };
  start(follower);
  MetadataSync other(options(), *client_, metrics_, silent_logger());
  other.start();
  walk();
  leads = true;
  walk();
  other.stop();
  walk();
  EXPECT_EQ(sql("SELECT count(*) FROM market_versions"), "5");
  catalog_.market("KXA-1-F", "KXA-1");
  EXPECT_TRUE(eventually([&] { return versions("KXA-1-F") == "1"; })) << "it has taken over";
  stop();
}

TEST_F(MetadataSyncTest, ASecondSessionIsRefused) {
  const auto connect = shared_cluster().options(database_, "deduplicator");
  auto first = MetadataStore::open(connect);
  ASSERT_TRUE(first) << first.error().what;
  const auto second = MetadataStore::open(connect);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().remedy, Remedy::kRetry);
  first->reset();
  EXPECT_TRUE(eventually([&] { return MetadataStore::open(connect).has_value(); }));
}

TEST_F(MetadataSyncTest, PrivilegesKeepVersionsAppendOnly) {
  start();
  walk();
  stop();
  EXPECT_EQ(sql("SELECT count(*) FROM v_markets", "reader"), "5");
  EXPECT_EQ(sql("SELECT count(*) FROM market_versions", "reader"), "5");
  EXPECT_THAT(sql("UPDATE market_versions SET title = 'x' RETURNING 1", "deduplicator"),
              HasSubstr("permission denied"));
  EXPECT_THAT(sql("DELETE FROM markets RETURNING 1", "deduplicator"),
              HasSubstr("permission denied"));
  EXPECT_THAT(sql("UPDATE markets SET title = 'x' RETURNING 1", "reader"),
              HasSubstr("permission denied"));
}

}  // namespace
}  // namespace kd
