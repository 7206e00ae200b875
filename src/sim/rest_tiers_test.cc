#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sim/rest_api.h"
#include "sim/timestamps.h"
#include "sim/world_control.h"

namespace kd::sim {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'700'000'040'000;  // a full minute

// A world of three markets: settled a minute ago, open, created a moment ago; and a combo.
class RestTiersTest : public testing::Test {
 protected:
  RestTiersTest() {
    const EventIndex event = world_.add_event("KXA-1", world_.series_for("KXA"));
    world_.track_updates(kNow - 100'000);
    for (const char* ticker : {"KXA-1-OLD", "KXA-1-OPEN", "KXA-1-NEW"}) add(ticker, event);
    combo_ = add("KXMVEX-1-A", world_.add_event("KXMVEX-1", world_.series_for("KXMVEX")));
    Market& old = world_.market(0);
    old.result = "yes";
    old.times.close = kNow - 62'000;
    old.times.determined = kNow - 61'000;
    old.times.settled = kNow - 60'000;
    world_.market(2).times.created = kNow - 500;
  }

  MarketIndex add(const std::string& ticker, EventIndex event) {
    const MarketIndex at = world_.add_market(ticker, event);
    Market& market = world_.market(at);
    market.times.created = kNow - 90'000;
    market.times.open = kNow - 89'000;
    market.times.close = kNow + 9'000;
    return at;
  }

  HttpResponse get(const std::string& path) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/trade-api/v2" + path;
    return api_.handle(request, "key", kNow, 1);
  }

  World world_;
  MarketIndex combo_ = 0;
  RestApi api_{world_, {}};
};

TEST_F(RestTiersTest, ASettledMarketIsInOneTierAtATime) {
  EXPECT_EQ(get("/markets/KXA-1-OLD").status, 200);
  EXPECT_EQ(get("/historical/markets/KXA-1-OLD").status, 404);
  world_.state.historical_age_ms = 30'000;
  EXPECT_EQ(get("/markets/KXA-1-OLD").status, 404);
  EXPECT_THAT(get("/historical/markets/KXA-1-OLD").body, HasSubstr(R"("status":"finalized")"));
  EXPECT_THAT(get("/markets").body,
              AllOf(Not(HasSubstr(R"({"ticker":"KXA-1-OLD)")), HasSubstr("KXA-1-OPEN")));
  EXPECT_THAT(get("/historical/markets").body,
              AllOf(HasSubstr("KXA-1-OLD"), Not(HasSubstr("KXA-1-OPEN"))));
  EXPECT_THAT(get("/events/KXA-1?with_nested_markets=true").body, Not(HasSubstr("KXA-1-OLD")));
  EXPECT_EQ(get("/historical/markets/KXA-1-OPEN").status, 404);
  EXPECT_EQ(get("/historical/markets?status=settled").status, 400);
  EXPECT_EQ(get("/historical/markets?tickers=A&event_ticker=B").status, 400);
}

TEST_F(RestTiersTest, ATradeIsInOneTierAtATime) {
  world_.state.historical_age_ms = 30'000;
  world_.add_trade({0, 1, (kNow - 31'000) * 1000, 50'000, 100, true, false, "older"});
  world_.add_trade({0, 1, (kNow - 29'000) * 1000, 50'000, 100, true, false, "newer"});
  EXPECT_THAT(get("/markets/trades").body, AllOf(HasSubstr("newer"), Not(HasSubstr("older"))));
  EXPECT_THAT(get("/historical/trades").body, AllOf(HasSubstr("older"), Not(HasSubstr("newer"))));
  EXPECT_THAT(get("/historical/cutoff").body,
              HasSubstr(R"("trades_created_ts":")" + rfc3339_from_ms(kNow - 30'000)));
}

TEST_F(RestTiersTest, TheCutoffMovesWhileTheSimulatorRuns) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/sim/historical-cutoff?age_ms=1000";
  ASSERT_EQ(control_world(request, world_)->status, 200);
  EXPECT_EQ(get("/markets/KXA-1-OLD").status, 404);
  request.target = "/sim/historical-cutoff?age_ms=x";
  EXPECT_EQ(control_world(request, world_)->status, 400);
  request.target = "/sim/other";
  EXPECT_FALSE(control_world(request, world_));
}

TEST_F(RestTiersTest, ANewMarketIsNotFoundAtFirst) {
  RestOptions options;
  options.created_404_ms = 1000;
  RestApi late(world_, options);
  HttpRequest request;
  request.method = "GET";
  request.target = "/trade-api/v2/markets/KXA-1-NEW";
  EXPECT_EQ(late.handle(request, "key", kNow, 1).status, 404);
  EXPECT_EQ(late.handle(request, "key", kNow + 500, 1).status, 200);
}

TEST_F(RestTiersTest, AVanishedMarketIsNowhere) {
  world_.market(1).vanished = true;
  EXPECT_EQ(get("/markets/KXA-1-OPEN").status, 404);
  EXPECT_THAT(get("/markets").body, Not(HasSubstr(R"({"ticker":"KXA-1-OPEN)")));
  EXPECT_THAT(get("/markets/orderbooks?tickers=KXA-1-OPEN").body, HasSubstr(R"([])"));
  world_.market(0).provisional = true;
  EXPECT_EQ(get("/markets/KXA-1-OLD").status, 404) << "provisional, and determined";
}

TEST_F(RestTiersTest, UpdatedMarketsAreFoundWithoutTheOthers) {
  world_.update(1, kNow - 5'000);
  const std::string body =
      get(fmt::format("/markets?mve_filter=exclude&min_updated_ts={}", kNow / 1000 - 10)).body;
  EXPECT_THAT(body, AllOf(HasSubstr("KXA-1-OPEN"), Not(HasSubstr("KXA-1-NEW"))));
  EXPECT_THAT(get("/markets?series_ticker=KXMVEX").body, HasSubstr("KXMVEX-1-A"));
  EXPECT_THAT(get("/markets?event_ticker=KXA-1&limit=1").body, HasSubstr("KXA-1-OLD"));
}

TEST_F(RestTiersTest, ACombosLegsAreOtherMarkets) {
  EXPECT_THAT(get("/markets/KXMVEX-1-A").body,
              AllOf(HasSubstr(R"("mve_selected_legs":[{"event_ticker":"KXA-1","market_ticker":)"),
                    Not(HasSubstr(R"("market_ticker":"KXMVEX)"))));
}

TEST_F(RestTiersTest, AHaltOfOneShardShowsOnlyThere) {
  world_.state.shards[1].trading_active = false;
  const std::string body = get("/exchange/status").body;
  EXPECT_TRUE(body.starts_with(R"({"exchange_active":true,"trading_active":true,)"));
  EXPECT_THAT(body, HasSubstr(R"("exchange_index":1,"description":"combos","exchange_active":true,)"
                              R"("trading_active":false)"));
  world_.state.status_code = 503;
  world_.state.resume_ms = kNow;
  EXPECT_EQ(get("/exchange/status").status, 503);
  EXPECT_THAT(get("/exchange/status").body, HasSubstr(rfc3339_from_ms(kNow)));
}

TEST_F(RestTiersTest, TheScheduleTellsOfMaintenance) {
  EXPECT_THAT(get("/exchange/schedule").body, HasSubstr(R"("maintenance_windows":[])"));
  world_.state.maintenance.push_back({kNow, kNow + 60'000});
  EXPECT_THAT(get("/exchange/schedule").body,
              HasSubstr(R"("maintenance_windows":[{"start_datetime":")" + rfc3339_from_ms(kNow)));
}

TEST_F(RestTiersTest, CandlesticksHaveTheNamesOfTheirTier) {
  world_.add_trade({0, 1, (kNow - 60'000) * 1000, 41'000, 100, true, false, "a"});
  world_.add_trade({0, 0, (kNow - 90'000) * 1000, 41'000, 100, true, false, "b"});
  const std::string span =
      fmt::format("?start_ts={}&end_ts={}&period_interval=1", kNow / 1000 - 120, kNow / 1000);
  const std::string live = get("/series/KXA/markets/KXA-1-OPEN/candlesticks" + span).body;
  EXPECT_THAT(live,
              AllOf(HasSubstr(fmt::format(R"("end_period_ts":{})", kNow / 1000)),
                    HasSubstr(R"("volume_fp":"1.00")"), HasSubstr(R"("mean_dollars":"0.4100")")));
  EXPECT_THAT(get("/markets/candlesticks" + span + "&market_tickers=KXA-1-OPEN,NOPE").body,
              HasSubstr(R"({"markets":[{"market_ticker":"KXA-1-OPEN","candlesticks":[{)"));
  EXPECT_THAT(get("/series/KXA/events/KXA-1/candlesticks" + span).body,
              HasSubstr(R"("market_tickers":["KXA-1-OLD","KXA-1-OPEN","KXA-1-NEW"])"));
  EXPECT_EQ(get("/markets/candlesticks?market_tickers=A&period_interval=1").status, 400);
  world_.state.historical_age_ms = 30'000;
  EXPECT_EQ(get("/series/KXA/markets/KXA-1-OLD/candlesticks" + span).status, 404);
  EXPECT_THAT(get("/historical/markets/KXA-1-OLD/candlesticks" + span).body,
              AllOf(HasSubstr(R"("volume":"1.00")"), Not(HasSubstr("_fp"))));
}

TEST_F(RestTiersTest, FeesOfEventsAreToldWhereTheyDiffer) {
  EXPECT_THAT(get("/events/fee_changes").body, HasSubstr(R"("event_fee_change_arr":[])"));
  world_.set_fee(0, "flat", 0.5, kNow);
  EXPECT_THAT(get("/events/fee_changes").body, HasSubstr(R"("fee_type_override":"flat")"));
  EXPECT_THAT(get("/events/KXA-1").body, HasSubstr(R"("fee_multiplier_override":0.5)"));
  EXPECT_EQ(get("/events/KXA-1/metadata").status, 200);
  EXPECT_THAT(get("/account/endpoint_costs").body, HasSubstr(R"("default_cost":10)"));
}

TEST_F(RestTiersTest, RequestsWithoutAKeyShareABudget) {
  RestOptions options;
  options.anonymous_tokens_per_second = 10;
  options.read_bucket_seconds = 1;
  RestApi limited(world_, options);
  HttpRequest request;
  request.method = "GET";
  request.target = "/trade-api/v2/exchange/status";
  EXPECT_EQ(limited.handle(request, "", kNow, 1).status, 200);
  EXPECT_EQ(limited.handle(request, "", kNow, 1).status, 429);
  EXPECT_EQ(limited.handle(request, "key", kNow, 1).status, 200);
}

}  // namespace
}  // namespace kd::sim
